import assert from "node:assert/strict"
import { test } from "node:test"
import {
  denseDistribution,
  type Distribution,
  type DraftTree,
  pointDistribution,
  type ProposalLaw,
  without,
} from "@parade/core"
import fc from "fast-check"
import { enumerate } from "./_enumerate.ts"
import { type Chances, keyedChances } from "./chances.ts"
import { verifyTree } from "./verify-tree.ts"

const never = () => false

/** Distributions with zeros and ties among them. */
const distribution = (size: number) =>
  fc
    .array(fc.integer({ min: 0, max: 6 }), { minLength: size, maxLength: size })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => denseDistribution(Float64Array.from(weights)))

const vocabulary = 4
const distributions = fc.array(distribution(vocabulary), { minLength: 8, maxLength: 8 })

/** `count` children of `node` drawn from `q` by the law, merged into the tree as a drafter would. */
const propose = (
  tree: { tokens: number[]; parents: number[]; laws: Map<number, ProposalLaw> },
  node: number,
  law: ProposalLaw["law"],
  count: number,
  q: Distribution,
  chances: Chances,
): void => {
  const trials: number[] = []
  let rest: Distribution | undefined = q
  for (let i = 0; i < count && rest !== undefined; i++) {
    const token: number = law === "point" ? i : chances.draw(rest, "proposal", 0)
    let child = tree.tokens.findIndex((other, at) => tree.parents[at] === node && other === token)
    if (child < 0) {
      child = tree.tokens.push(token) - 1
      tree.parents.push(node)
    }
    trials.push(child)
    if (law === "withoutReplacement") rest = without(rest, token)
  }
  if (law !== "point") tree.laws.set(node, { law, q, trials })
}

const textOf = (tree: DraftTree, verdict: { accepted: readonly number[]; appended: readonly number[] }) => [
  ...verdict.accepted.map((node) => tree.tokens[node]!),
  ...verdict.appended,
]

/** The law of the first tokens of a text of two levels, over all draws of drafter and verifier. */
const outputLaw = (
  law: ProposalLaw["law"],
  count: number,
  deep: boolean,
  p: (path: readonly number[]) => Distribution,
  q: Distribution,
): Map<string, number> => {
  const result = new Map<string, number>()
  for (const [text, probability] of enumerate((chances) => {
    const tree = { tokens: [] as number[], parents: [] as number[], laws: new Map<number, ProposalLaw>() }
    propose(tree, -1, law, count, q, chances)
    // Below the first child only, which depends on the order of the draws but not on what was drawn.
    if (deep) propose(tree, 0, law, count, q, chances)
    const path = (node: number): number[] =>
      node < 0 ? [] : [...path(tree.parents[node]!), tree.tokens[node]!]
    const target = (node: number) => p(path(node))
    const text = textOf(tree, verifyTree({ tree, target, position: 0, isEnd: never }, chances))
    // Go on with plain decoding, so that texts of equal length are compared.
    while (text.length < 2) text.push(chances.draw(p(text), "token", text.length))
    return text.slice(0, 2).join(" ")
  }))
    result.set(text, (result.get(text) ?? 0) + probability)
  return result
}

for (const law of ["point", "iid", "withoutReplacement"] as const)
  for (const count of [1, 2, 3])
    test(`${count} ${law} proposals leave exactly the target's law of pairs of tokens`, () => {
      fc.assert(
        fc.property(distributions, distribution(vocabulary), (ps, q) => {
          const p = (path: readonly number[]) => ps[path.length === 0 ? 0 : 1 + path[0]!]!
          const found = outputLaw(law, count, count < 3, p, q)
          for (let a = 0; a < vocabulary; a++)
            for (let b = 0; b < vocabulary; b++) {
              const expected = p([]).probability(a) * p([a]).probability(b)
              assert.ok(Math.abs((found.get(`${a} ${b}`) ?? 0) - expected) < 1e-9, `${a} ${b}`)
            }
        }),
        { numRuns: 12 },
      )
    })

test("five symbols, three siblings: the law of the first token is the target's", () => {
  fc.assert(
    fc.property(
      distribution(5),
      distribution(5),
      fc.constantFrom("iid" as const, "withoutReplacement" as const),
      (p, q, law) => {
        const found = new Float64Array(5)
        for (const [token, probability] of enumerate((chances) => {
          const tree = { tokens: [], parents: [], laws: new Map<number, ProposalLaw>() }
          propose(tree, -1, law, 3, q, chances)
          return textOf(tree, verifyTree({ tree, target: () => p, position: 0, isEnd: never }, chances))[0]!
        }))
          found[token]! += probability
        for (let token = 0; token < 5; token++)
          assert.ok(Math.abs(found[token]! - p.probability(token)) < 1e-9)
      },
    ),
    { numRuns: 20 },
  )
})

test("one proposal is accepted with probability Σ min(p, q)", () => {
  fc.assert(
    fc.property(distribution(5), distribution(5), (p, q) => {
      let accepted = 0
      for (const [stood, probability] of enumerate((chances) => {
        const tree = { tokens: [], parents: [], laws: new Map<number, ProposalLaw>() }
        propose(tree, -1, "iid", 1, q, chances)
        const verdict = verifyTree({ tree, target: () => p, position: 0, isEnd: never }, chances)
        return verdict.accepted.length
      }))
        accepted += stood * probability
      let overlap = 0
      for (let token = 0; token < 5; token++) overlap += Math.min(p.probability(token), q.probability(token))
      assert.ok(Math.abs(accepted - overlap) < 1e-9)
    }),
  )
})

test("where q is p every proposal is accepted, whatever the draws", () => {
  fc.assert(
    fc.property(distribution(5), fc.array(fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true })), (p, us) => {
      const chances = keyedChances((_, position) => us[position] ?? 1 - 2 ** -53)
      const laws = new Map<number, ProposalLaw>()
      const tokens: number[] = []
      for (let i = 0; i < 4; i++) {
        tokens.push(p.draw(us[i] ?? 0.3))
        laws.set(i - 1, { law: "iid", q: p, trials: [i] })
      }
      const tree = { tokens, parents: [-1, 0, 1, 2], laws }
      const verdict = verifyTree({ tree, target: () => p, position: 0, isEnd: never }, chances)
      assert.deepEqual(verdict.accepted, [0, 1, 2, 3])
      assert.equal(verdict.appended.length, 1)
    }),
  )
})

test("a token of probability 0 is never accepted nor appended, at the ends of the unit interval either", () => {
  fc.assert(
    fc.property(
      distribution(5),
      distribution(5),
      fc.array(fc.constantFrom(0, 2 ** -53, 0.5, 1 - 2 ** -53), { minLength: 12, maxLength: 12 }),
      fc.constantFrom("iid" as const, "withoutReplacement" as const),
      (p, q, us, law) => {
        let drawn = 0
        const chances = keyedChances(() => us[drawn++ % us.length]!)
        const tree = { tokens: [], parents: [], laws: new Map<number, ProposalLaw>() }
        propose(tree, -1, law, 3, q, chances)
        const text = textOf(tree, verifyTree({ tree, target: () => p, position: 0, isEnd: never }, chances))
        for (const token of text) assert.ok(p.probability(token) > 0)
      },
    ),
  )
})

test("a proposal that its own law cannot make is never accepted", () => {
  const p = denseDistribution(Float64Array.of(1, 1))
  const laws = new Map<number, ProposalLaw>([[-1, { law: "iid", q: pointDistribution(2, 0), trials: [0] }]])
  const tree = { tokens: [1], parents: [-1], laws }
  const verdict = verifyTree(
    { tree, target: () => p, position: 0, isEnd: never },
    keyedChances(() => 0),
  )
  assert.deepEqual(verdict.accepted, [])
})

test("nothing follows an accepted end of text", () => {
  const p = denseDistribution(Float64Array.of(0, 1))
  const laws = new Map<number, ProposalLaw>([[-1, { law: "iid", q: p, trials: [0] }]])
  const tree = { tokens: [1, 1], parents: [-1, 0], laws }
  const isEnd = (token: number) => token === 1
  assert.deepEqual(
    verifyTree(
      { tree, target: () => p, position: 0, isEnd },
      keyedChances(() => 0),
    ),
    {
      accepted: [0],
      appended: [],
      rejected: 0,
    },
  )
})

test("a token proposed twice and refused takes q off the residual twice", () => {
  const p = denseDistribution(Float64Array.of(0, 5, 3))
  const q = denseDistribution(Float64Array.of(2, 1, 1))
  const laws = new Map<number, ProposalLaw>([[-1, { law: "iid", q, trials: [0, 0] }]])
  const asked: Distribution[] = []
  verifyTree(
    { tree: { tokens: [0], parents: [-1], laws }, target: () => p, position: 0, isEnd: never },
    {
      accept: () => false,
      draw: (distribution) => {
        asked.push(distribution)
        return 1
      },
    },
  )
  // (0, 5/8, 3/8) − q = (0, 3/8, 1/8), normalised (0, 3/4, 1/4); − q again = (0, 1/2, 0).
  assert.equal(asked[0]!.probability(1), 1)
})
