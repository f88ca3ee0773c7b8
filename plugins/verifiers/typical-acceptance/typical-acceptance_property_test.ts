import assert from "node:assert/strict"
import { test } from "node:test"
import {
  denseDistribution,
  type Distribution,
  type DraftTree,
  logitsDistribution,
  uniform,
  type Verdict,
} from "@parade/core"
import fc from "fast-check"
import { typicalAcceptance, type TypicalAcceptanceOptions, typicalThreshold } from "./mod.ts"

const vocabulary = 5
const end = 4

const pathTo = (tree: DraftTree, node: number): readonly number[] =>
  node < 0 ? [] : [...pathTo(tree, tree.parents[node]!), tree.tokens[node]!]

/** Logits that depend on the tokens of the path, no two of a row closer than 1.5. */
const logitsAfter = (path: readonly number[], salt: number): Float32Array => {
  const key = path.reduce((sum, token) => sum * (vocabulary + 1) + token + 1, 0)
  const order = Array.from({ length: vocabulary }, (_, token) => ({
    token,
    u: uniform(salt, "noise", key, token),
  }))
  const logits = new Float32Array(vocabulary)
  for (const [rank, { token, u }] of order.sort((a, b) => a.u - b.u).entries()) logits[token] = 1.5 * rank + u
  return logits
}

/** Trees in which siblings differ. */
const trees = fc
  .array(fc.tuple(fc.nat(vocabulary - 1), fc.nat(30)), { maxLength: 20 })
  .map((nodes): DraftTree => {
    const tokens: number[] = []
    const parents: number[] = []
    for (const [token, at] of nodes) {
      const parent = (at % (tokens.length + 1)) - 1
      if (tokens.some((other, i) => other === token && parents[i] === parent)) continue
      tokens.push(token)
      parents.push(parent)
    }
    return { tokens, parents }
  })

const settings = fc.record({
  tree: trees,
  salt: fc.nat(1e6),
  seed: fc.nat(1e6),
  position: fc.nat(1000),
  temperature: fc.constantFrom(0, 0.5, 1, 3),
  epsilon: fc.double({ min: 1e-6, max: 0.6, noNaN: true }),
  next: fc.constantFrom("likeliest" as const, "drawn" as const),
})

interface Setting extends TypicalAcceptanceOptions {
  readonly tree: DraftTree
  readonly salt: number
  readonly seed: number
  readonly position: number
  readonly temperature: number
}

const targetOf =
  ({ tree, salt, temperature }: Setting) =>
  (node: number): Distribution =>
    logitsDistribution(logitsAfter(pathTo(tree, node), salt), temperature)

const verify = (setting: Setting): Verdict =>
  typicalAcceptance(setting).verify({
    tree: setting.tree,
    target: targetOf(setting),
    position: setting.position,
    uniform: (purpose, position, attempt) => uniform(setting.seed, purpose, position, attempt),
    isEnd: (token) => token === end,
  })

/** The nodes above the threshold on all the way down, by the definition, one after another. */
const standing = (setting: Setting): ReadonlySet<number> => {
  const { tree } = setting
  const target = targetOf(setting)
  const nodes = new Set<number>()
  for (let node = 0; node < tree.tokens.length; node++) {
    const parent = tree.parents[node]!
    if (parent >= 0 && (!nodes.has(parent) || tree.tokens[parent] === end)) continue
    const p = target(parent)
    if (p.probability(tree.tokens[node]!) > typicalThreshold(p, setting)) nodes.add(node)
  }
  return nodes
}

/** `Σ log p` over the path to a node. */
const likelihood = (setting: Setting, node: number): number => {
  if (node < 0) return 0
  const parent = setting.tree.parents[node]!
  const p = targetOf(setting)(parent).probability(setting.tree.tokens[node]!)
  return likelihood(setting, parent) + Math.log(p)
}

test("nothing below the threshold is accepted; the path is the longest that stands, of several the likeliest", () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const { accepted } = verify(setting)
      const nodes = standing(setting)
      for (const node of accepted) assert.ok(nodes.has(node), `node ${node} is below the threshold`)
      const own = likelihood(setting, accepted.at(-1) ?? -1)
      for (const node of nodes) {
        const { length } = pathTo(setting.tree, node)
        assert.ok(length <= accepted.length, `node ${node} is at level ${length}`)
        if (length === accepted.length)
          assert.ok(likelihood(setting, node) <= own, `the path to node ${node} is likelier`)
      }
    }),
  )
})

test("as ε falls and δ = √ε with it, what stood still stands, and the path grows no shorter", () => {
  fc.assert(
    fc.property(settings, fc.double({ min: 0, max: 1, noNaN: true }), (setting, share) => {
      const looser = { ...setting, epsilon: setting.epsilon * share }
      const more = standing(looser)
      for (const node of standing(setting)) assert.ok(more.has(node), `node ${node} fell`)
      assert.ok(verify(looser).accepted.length >= verify(setting).accepted.length)
    }),
  )
})

/** What greedy decoding adds as far as the tree has it, and the token after. */
const greedy = (setting: Setting): Omit<Verdict, "rejected"> => {
  const { tokens, parents } = setting.tree
  const accepted: number[] = []
  for (let node = -1; ; node = accepted.at(-1)!) {
    const token = targetOf(setting)(node).argmax()
    const child = Array.from(tokens).findIndex((other, i) => parents[i] === node && other === token)
    if (child < 0) return { accepted, appended: [token] }
    accepted.push(child)
    if (token === end) return { accepted, appended: [] }
  }
}

for (const temperature of [0, 0.01])
  test(`at temperature ${temperature} it is greedy exact match, whatever the rest`, () => {
    fc.assert(
      fc.property(settings, (given) => {
        const setting = { ...given, temperature }
        const { accepted, appended } = verify(setting)
        assert.deepEqual({ accepted, appended }, greedy(setting))
      }),
    )
  })

test("the same seed decides the same; the path depends on no seed, and with the likeliest token nothing does", () => {
  fc.assert(
    fc.property(settings, fc.nat(1e6), (setting, seed) => {
      const verdict = verify(setting)
      assert.deepEqual(verify(setting), verdict)
      const other = verify({ ...setting, seed })
      assert.deepEqual(other.accepted, verdict.accepted)
      if (setting.next === "likeliest") assert.deepEqual(other, verdict)
    }),
  )
})

test("δ is √ε where it is left out", () => {
  const p = denseDistribution(new Float64Array(100).fill(1))
  for (const epsilon of [0.01, 0.09, 0.25])
    assert.equal(
      typicalThreshold(p, { epsilon }),
      typicalThreshold(p, { epsilon, delta: Math.sqrt(epsilon) }),
    )
  assert.ok(Math.abs(typicalThreshold(p, { epsilon: 0.09 }) - 0.3 * (0.01 + 1e-5)) < 1e-12)
})

test("the threshold falls as the temperature rises, and at 0 it is ε", () => {
  const logits = Float32Array.from({ length: 50 }, (_, i) => 3 * Math.sin(i))
  const [zero, cold, warm, hot] = [0, 0.5, 1, 2].map((temperature) =>
    typicalThreshold(logitsDistribution(logits, temperature), { epsilon: 0.09 }),
  )
  assert.equal(zero, 0.09)
  assert.ok(hot! < warm! && warm! < cold! && cold! <= zero)
})

test("a token of probability 0 is not accepted where nothing is asked either", () => {
  const verdict = typicalAcceptance({ epsilon: 0, next: "likeliest" }).verify({
    tree: { tokens: [1], parents: [-1] },
    target: () => denseDistribution(Float64Array.of(1, 0, 1)),
    position: 0,
    uniform: () => 0,
    isEnd: () => false,
  })
  assert.deepEqual(verdict, { accepted: [], appended: [0], rejected: 1 })
})

test("drafted at random and drawn after it, tokens of a flat law fail a chi-square test that plain draws pass", () => {
  const flat = denseDistribution(Float64Array.of(4, 3, 2, 1))
  const runs = 1000
  const chiSquare = (tokenOf: (seed: number) => number): number => {
    const counts = new Float64Array(flat.size)
    for (let seed = 0; seed < runs; seed++) counts[tokenOf(seed)]!++
    return counts.reduce((sum, seen, token) => {
      const expected = runs * flat.probability(token)
      return sum + (seen - expected) ** 2 / expected
    }, 0)
  }
  const typical = chiSquare((seed) => {
    const tree = { tokens: [Math.floor(uniform(seed, "proposal", 0) * flat.size)], parents: [-1] }
    const { accepted, appended } = typicalAcceptance({ epsilon: 0.09, next: "drawn" }).verify({
      tree,
      target: () => flat,
      position: 0,
      uniform: (purpose, position, attempt) => uniform(seed, purpose, position, attempt),
      isEnd: () => false,
    })
    return accepted.length > 0 ? tree.tokens[0]! : appended[0]!
  })
  // The quantile of 0.999 with three degrees of freedom.
  assert.ok(chiSquare((seed) => flat.draw(uniform(seed, "token", 0))) < 16.27)
  assert.ok(typical > 16.27, `${typical}`)
})
