import { test } from "node:test"
import type { Distribution, Verdict, Verifier, VerifyInput } from "@parade/core"
import * as Effect from "effect/Effect"
import { tableDistribution, verifierSuite } from "../mod.ts"
import { assertCaught } from "./_broken.ts"

type Weights = Float64Array

/** Mistakes that have been made in published code. */
interface Mistakes {
  readonly acceptsAtEquality?: boolean
  readonly keepsResidualUnnormalised?: boolean
  readonly skipsRepeatedTrials?: boolean
  readonly drawsFromTargetAfterRejection?: boolean
  readonly keepsProposalLaw?: boolean
  readonly oneNumberPerPosition?: boolean
  readonly goesOnAfterEnd?: boolean
  readonly countsAllAsRejected?: boolean
  readonly acceptsPointByChance?: boolean
  readonly usesProposalNumbers?: boolean
  readonly takesTokensForNodes?: boolean
}

const weightsOf = (distribution: Distribution): Weights =>
  Float64Array.from({ length: distribution.size }, (_, token) => distribution.probability(token))

const normalised = (weights: Weights): Weights => {
  const total = weights.reduce((a, b) => a + b, 0)
  return total > 1e-12 ? weights.map((weight) => weight / total) : weights
}

/** Recursive rejection with dense arrays, and whatever mistakes are wanted. */
const verify = (input: VerifyInput, mistakes: Mistakes): Verdict => {
  const { tree, isEnd } = input
  const accepted: number[] = []
  let rejected = 0
  for (let node = -1; ;) {
    if (node >= 0 && isEnd(tree.tokens[node]!) && mistakes.goesOnAfterEnd !== true)
      return { accepted, appended: [], rejected }
    const position = input.position + accepted.length
    const target = weightsOf(input.target(node))
    const children = Array.from(tree.tokens.length === 0 ? [] : tree.tokens, (_, i) => i).filter(
      (child) => tree.parents[child] === node,
    )
    const law = tree.laws?.get(node) ?? { law: "point" as const }
    const finish = (token: number): Verdict => ({
      accepted,
      appended: [token],
      rejected: mistakes.countsAllAsRejected === true ? tree.tokens.length - accepted.length : rejected,
    })
    if (law.law === "point" && mistakes.acceptsPointByChance !== true) {
      const token = tableDistribution(target).draw(input.uniform("token", position))
      const child = children.find((node) => tree.tokens[node] === token)
      if (child === undefined) {
        rejected += children.length
        return finish(token)
      }
      rejected += children.length - 1
      accepted.push(mistakes.takesTokensForNodes === true ? Math.min(token, tree.tokens.length - 1) : child)
      node = child
      continue
    }
    let residual = target
    let q = law.law === "point" ? target : weightsOf(law.q)
    const refused = new Set<number>()
    let next: number | undefined
    for (const [trial, child] of Array.from(law.law === "point" ? children : law.trials).entries()) {
      if (mistakes.skipsRepeatedTrials === true && refused.has(child)) continue
      const token = tree.tokens[child]!
      if (law.law === "point") q = Float64Array.from(target, (_, i) => (i === token ? 1 : 0))
      const attempt = mistakes.oneNumberPerPosition === true ? 0 : trial
      const u = input.uniform(
        mistakes.usesProposalNumbers === true ? "proposal" : "accept",
        position,
        attempt,
      )
      const ratio = residual[token]! / q[token]!
      if (mistakes.acceptsAtEquality === true ? u <= ratio : u < ratio) {
        next = child
        break
      }
      refused.add(child)
      const left = residual.map((p, i) => Math.max(0, p - q[i]!))
      residual = mistakes.keepsResidualUnnormalised === true ? left : normalised(left)
      if (law.law === "withoutReplacement" && mistakes.keepsProposalLaw !== true)
        q = normalised(q.with(token, 0))
    }
    refused.delete(next ?? -1)
    rejected += refused.size
    if (next === undefined) {
      const from = mistakes.drawsFromTargetAfterRejection === true ? target : residual
      return finish(
        tableDistribution(from.some((p) => p > 0) ? from : target).draw(input.uniform("residual", position)),
      )
    }
    accepted.push(next)
    node = next
  }
}

const verifier = (mistakes: Mistakes = {}, changes: Partial<Verifier> = {}): Verifier => ({
  law: "exact",
  accepts: ["point", "iid", "withoutReplacement"],
  verify: (input) => verify(input, mistakes),
  ...changes,
})

verifierSuite(test, Effect.succeed(verifier()))

const catches = (what: string, broken: Verifier, sentence: string): void => {
  test(`the verifier suite catches ${what}`, () =>
    assertCaught((collect) => verifierSuite(collect, Effect.succeed(broken)), sentence))
}

catches(
  "acceptance at u ≤ p/q, which takes p = 0 at u = 0",
  verifier({ acceptsAtEquality: true, acceptsPointByChance: true }),
  "never adds a token of probability 0",
)
catches(
  "a residual that is not normalised",
  verifier({ keepsResidualUnnormalised: true }),
  "for three draws side by side iid",
)
catches(
  "repeated draws that are skipped",
  verifier({ skipsRepeatedTrials: true }),
  "for three draws side by side iid",
)
catches(
  "a draw from the target after a rejection",
  verifier({ drawsFromTargetAfterRejection: true }),
  "for one draw iid",
)
catches(
  "draws without replacement judged by the first law",
  verifier({ keepsProposalLaw: true }),
  "for three draws side by side withoutReplacement",
)
catches(
  "one number for all siblings",
  verifier({ oneNumberPerPosition: true }),
  "for three draws side by side iid",
)
catches("a token after the end of text", verifier({ goesOnAfterEnd: true }), "nothing after the end of text")
catches(
  "unreached nodes counted as rejected",
  verifier({ countsAllAsRejected: true }),
  "counts as rejected only nodes next to the accepted path",
)
catches(
  "point proposals accepted by chance, which is another text for the same seed",
  verifier({ acceptsPointByChance: true }),
  "with point proposals adds the very tokens plain decoding draws",
)
catches(
  "acceptance by the numbers the proposals were drawn by",
  verifier({ usesProposalNumbers: true, acceptsPointByChance: true }),
  "never asks for the numbers that proposals were drawn by",
)
catches(
  "tokens taken for nodes",
  verifier({ takesTokensForNodes: true }),
  "accepts a path from the first level down",
)
catches(
  "a generator inside",
  (() => {
    let calls = 0
    return verifier(
      {},
      {
        verify: (input) => verify({ ...input, uniform: () => (++calls * 0.618) % 1 }, {}),
      },
    )
  })(),
  "decides the same for the same numbers",
)
catches(
  "greedy matching that says it is exact",
  verifier(
    {},
    {
      verify: (input) =>
        verify(
          {
            ...input,
            target: (node) => {
              const target = input.target(node)
              return tableDistribution(weightsOf(target).map((_, i) => (i === target.argmax() ? 1 : 0)))
            },
          },
          {},
        ),
    },
  ),
  "the law of the text is the target's, for point proposals",
)
