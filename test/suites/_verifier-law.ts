import assert from "node:assert/strict"
import { type Distribution, makeHistory, uniform, type Verifier } from "@parade/core"
import * as Effect from "effect/Effect"
import { planSampled } from "../drafters/sampled.ts"
import { chiSquareHolds } from "./_chi-square.ts"
import { lawOf } from "./_law.ts"
import {
  addContinuations,
  depthOf,
  drawnTrees,
  emitted,
  firstPosition,
  inputFor,
  lawDistance,
  opposedTo,
  pointTrees,
  randomTarget,
  type Shape,
  type Target,
  type TextLaw,
  textLawOf,
  understands,
} from "./_verifier-bench.ts"
import type { Registrar } from "./test-function.ts"

const exact = (verifier: Verifier, skip: (reason: string) => void): boolean => {
  if (verifier.law !== "exact") skip(`Its law is ${verifier.law}.`)
  return verifier.law === "exact"
}

const plainLaw = (target: Target, length: number): TextLaw => {
  const law: TextLaw = new Map()
  addContinuations(law, target, [], 1, length)
  return law
}

const weightsOf = (distribution: Distribution): Float64Array =>
  Float64Array.from({ length: distribution.size }, (_, token) => distribution.probability(token))

const shapes: readonly (readonly [name: string, shape: Shape])[] = [
  ["one draw", (path) => (path.length < 1 ? 1 : 0)],
  ["a chain of two draws", (path) => (path.length < 2 ? 1 : 0)],
  ["three draws side by side", (path) => (path.length < 1 ? 3 : 0)],
  [
    "two draws, and one below the lowest token",
    (path) => (path.length < 1 ? 2 : path.join() === "0" ? 1 : 0),
  ],
]

/** The law of the text, not only of its next token. */
export const promiseVerifierLaw = (promise: Registrar<Verifier>): void => {
  promise("the law of the text is the target's, for point proposals", (verifier, skip) =>
    Effect.sync(() => {
      if (!exact(verifier, skip) || !understands(verifier, "point", skip)) return
      for (const [seed, tree] of pointTrees.entries()) {
        const target = randomTarget(seed, 4, 3)
        const length = depthOf(tree) + 1
        const law: TextLaw = new Map()
        const verdicts = lawOf((draw) => verifier.verify(inputFor(target, tree, draw)))
        textLawOf(verdicts, target, tree, length, 1, law)
        const distance = lawDistance(law, plainLaw(target, length))
        assert.ok(distance < 1e-9, `${distance} apart for ${JSON.stringify(tree)}`)
      }
    }),
  )

  for (const law of ["iid", "withoutReplacement"] as const)
    for (const [name, shape] of shapes)
      promise(`the law of the text is the target's, for ${name} ${law}`, (verifier, skip) =>
        Effect.sync(() => {
          if (!exact(verifier, skip) || !understands(verifier, law, skip)) return
          for (const seed of [2, 3]) {
            const target = randomTarget(seed, 4, 3)
            const found: TextLaw = new Map()
            for (const { tree, probability } of drawnTrees(law, opposedTo(target), shape)) {
              const verdicts = lawOf((draw) => verifier.verify(inputFor(target, tree, draw)))
              textLawOf(verdicts, target, tree, 3, probability, found)
            }
            const distance = lawDistance(found, plainLaw(target, 3))
            assert.ok(distance < 1e-9, `${distance} apart`)
          }
        }),
      )

  for (const law of ["iid", "withoutReplacement"] as const)
    promise(`texts drawn by keyed numbers follow the target's law, for ${law} proposals`, (verifier, skip) =>
      Effect.sync(() => {
        if (!exact(verifier, skip) || !understands(verifier, law, skip)) return
        const size = 5
        const target = randomTarget(11, size)
        const q = randomTarget(12, size)
        const history = makeHistory(new Int32Array(firstPosition))
        const runs = 3000
        const counts = new Map<string, number>()
        for (let seed = 0; seed < runs; seed++) {
          const tree = planSampled(
            { law, trials: 2, q: (tokens) => weightsOf(q.after(tokens.slice(firstPosition))) },
            { history, seed },
            { nodes: 6, depth: 2, rows: 64 },
          )
          const verdict = verifier.verify(inputFor(target, tree, uniform.bind(undefined, seed)))
          const text = [...emitted(tree, verdict)]
          while (text.length < 2)
            text.push(target.after(text).draw(uniform(seed, "token", firstPosition + text.length)))
          const key = text.slice(0, 2).join()
          counts.set(key, (counts.get(key) ?? 0) + 1)
        }
        chiSquareHolds(counts, plainLaw(target, 2), runs)
      }),
    )
}
