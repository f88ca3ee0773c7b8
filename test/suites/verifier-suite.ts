import assert from "node:assert/strict"
import { type DraftTree, uniform, type Verdict, type Verifier } from "@parade/core"
import * as Effect from "effect/Effect"
import {
  emitted,
  firstPosition,
  greedyTarget,
  inputFor,
  pointTrees,
  randomTarget,
  type Target,
  understands,
} from "./_verifier-bench.ts"
import { promiseVerifierLaw } from "./_verifier-law.ts"
import { type Factory, promises, type Registrar, type TestFunction } from "./test-function.ts"

const ends = 3

/** Trees and targets with an end of text among the tokens, and a verdict for some seeds. */
const trials = (verifier: Verifier, each: (trial: Trial) => void, greedy = false): void => {
  for (let seed = 0; seed < 25; seed++)
    for (const tree of pointTrees) {
      const random = randomTarget(seed, 4, ends)
      const target = greedy ? greedyTarget(random) : random
      const draw = uniform.bind(undefined, seed)
      each({ tree, target, seed, verdict: verifier.verify(inputFor(target, tree, draw)) })
    }
}

interface Trial {
  readonly tree: DraftTree
  readonly target: Target
  readonly seed: number
  readonly verdict: Verdict
}

const plainDraws = ({ target, seed }: Trial, count: number): readonly number[] => {
  const tokens: number[] = []
  while (tokens.length < count && !tokens.some(target.isEnd))
    tokens.push(target.after(tokens).draw(uniform(seed, "token", firstPosition + tokens.length)))
  return tokens
}

const promiseVerdicts = (promise: Registrar<Verifier>): void => {
  promise("accepts a path from the first level down", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      trials(verifier, ({ tree, verdict: { accepted } }) => {
        for (const [level, node] of accepted.entries())
          assert.equal(tree.parents[node], level === 0 ? -1 : accepted[level - 1], `path ${accepted.join()}`)
      })
    }),
  )

  promise("adds at least one token, and nothing after the end of text", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      trials(verifier, ({ tree, target, verdict }) => {
        const tokens = emitted(tree, verdict)
        assert.ok(tokens.length > 0, "a round adds nothing")
        const end = tokens.findIndex(target.isEnd)
        assert.ok(end < 0 || end === tokens.length - 1, `text goes on after its end: ${tokens.join()}`)
      })
    }),
  )

  promise("appends one token unless it accepted the end of text", (verifier, skip) =>
    Effect.sync(() => {
      if (verifier.law === "lossy") return skip("A lossy verifier may append several tokens.")
      if (!understands(verifier, "point", skip)) return
      trials(verifier, ({ tree, target, verdict: { accepted, appended } }) => {
        const ended = accepted.some((node) => target.isEnd(tree.tokens[node]!))
        assert.equal(appended.length, ended ? 0 : 1)
      })
    }),
  )

  promise("counts as rejected only nodes next to the accepted path", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      trials(verifier, ({ tree, verdict: { accepted, rejected } }) => {
        const walked = new Set([-1, ...accepted])
        const tried = Array.from(tree.parents).filter((parent) => walked.has(parent)).length
        assert.ok(Number.isInteger(rejected) && rejected >= 0, `${rejected} rejected`)
        assert.ok(
          rejected <= tried - accepted.length,
          `${rejected} rejected of ${tried - accepted.length} refused`,
        )
      })
    }),
  )

  promise("rejects what it tried and refused where a level has one node", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      const tree: DraftTree = { tokens: [0, 1, 2], parents: [-1, 0, 1] }
      for (let seed = 0; seed < 40; seed++) {
        const target = randomTarget(seed, 4)
        const { accepted, rejected } = verifier.verify(inputFor(target, tree, uniform.bind(undefined, seed)))
        assert.equal(rejected, accepted.length < 3 ? 1 : 0, `after ${accepted.length} of 3`)
      }
    }),
  )

  promise("decides the same for the same numbers, and changes nothing it is given", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      trials(verifier, ({ tree, target, seed, verdict }) => {
        const before = JSON.stringify(tree)
        const again = verifier.verify(inputFor(target, tree, uniform.bind(undefined, seed)))
        assert.deepEqual(again, verdict)
        assert.equal(JSON.stringify(tree), before)
      })
    }),
  )

  promise("asks for the target at the root and at nodes of the tree only", (verifier, skip) =>
    Effect.sync(() => {
      if (!understands(verifier, "point", skip)) return
      for (const tree of pointTrees) {
        const input = inputFor(randomTarget(1, 4), tree, uniform.bind(undefined, 3))
        verifier.verify({
          ...input,
          target: (node) => {
            assert.ok(node >= -1 && node < tree.tokens.length, `node ${node} of ${tree.tokens.length}`)
            return input.target(node)
          },
        })
      }
    }),
  )

  promise("never asks for the numbers that proposals were drawn by", (verifier) =>
    Effect.sync(() => {
      for (const tree of pointTrees)
        verifier.verify(
          inputFor(randomTarget(2, 4), tree, (purpose, position, attempt) => {
            assert.notEqual(purpose, "proposal")
            return uniform(4, purpose, position, attempt)
          }),
        )
    }),
  )
}

const promiseIdentity = (promise: Registrar<Verifier>): void => {
  promise("at temperature 0 adds what greedy decoding adds", (verifier, skip) =>
    Effect.sync(() => {
      if (verifier.law === "lossy") return skip("It declares that it is lossy.")
      if (!understands(verifier, "point", skip)) return
      trials(
        verifier,
        (trial) => {
          const tokens = emitted(trial.tree, trial.verdict)
          assert.deepEqual(tokens, plainDraws(trial, tokens.length))
        },
        true,
      )
    }),
  )

  promise("at temperature 0 accepts all of the right path there is in the tree", (verifier, skip) =>
    Effect.sync(() => {
      if (verifier.law === "lossy") return skip("It declares that it is lossy.")
      if (!understands(verifier, "point", skip)) return
      trials(
        verifier,
        (trial) => {
          const { tree, target, verdict } = trial
          const last = verdict.accepted.at(-1) ?? -1
          const [token] = verdict.appended
          if (target.isEnd(tree.tokens[last] ?? -1)) return
          const missed = Array.from(tree.tokens).some((t, node) => tree.parents[node] === last && t === token)
          assert.ok(!missed, `token ${token} is appended and stands in the tree`)
        },
        true,
      )
    }),
  )

  promise("with point proposals adds the very tokens plain decoding draws", (verifier, skip) =>
    Effect.sync(() => {
      if (verifier.law !== "exact") return skip(`Its law is ${verifier.law}.`)
      if (!understands(verifier, "point", skip)) return
      trials(verifier, (trial) => {
        const tokens = emitted(trial.tree, trial.verdict)
        assert.deepEqual(tokens, plainDraws(trial, tokens.length), JSON.stringify(trial.tree))
      })
    }),
  )

  promise("never adds a token of probability 0, whatever the numbers are", (verifier, skip) =>
    Effect.sync(() => {
      if (verifier.law === "lossy") return skip("It declares that it is lossy.")
      if (!understands(verifier, "point", skip)) return
      for (const u of [0, Number.MIN_VALUE, 0.5, 1 - 2 ** -53])
        for (let seed = 0; seed < 25; seed++)
          for (const tree of pointTrees) {
            const random = randomTarget(seed, 4)
            const target = verifier.law === "exact" ? random : greedyTarget(random)
            const tokens = emitted(tree, verifier.verify(inputFor(target, tree, () => u)))
            for (const [i, token] of tokens.entries())
              assert.ok(target.after(tokens.slice(0, i)).probability(token) > 0, `token ${token} at ${u}`)
          }
    }),
  )
}

/**
 * What every verifier promises: a path, what follows it, counts that add up, and the law it declares, found by exact
 * enumeration without knowing how the verifier takes its chances. Skips by `law` and `accepts`.
 */
export const verifierSuite = (test: TestFunction, factory: Factory<Verifier>): void => {
  const promise = promises(test, "verifier", factory)
  promiseVerdicts(promise)
  promiseIdentity(promise)
  promiseVerifierLaw(promise)
}
