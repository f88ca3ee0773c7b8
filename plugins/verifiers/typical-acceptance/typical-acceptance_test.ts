import assert from "node:assert/strict"
import { test } from "node:test"
import { denseDistribution, type Distribution, type DraftTree, uniform, type Verdict } from "@parade/core"
import fc from "fast-check"
import { typicalAcceptance, typicalThreshold } from "./mod.ts"

const constants = { epsilon: 0.09, delta: 0.3 }
const verifier = typicalAcceptance({ ...constants, next: "likeliest" })
const of = (...weights: number[]): Distribution => denseDistribution(Float64Array.from(weights))

const verify = (tree: DraftTree, target: (node: number) => Distribution, end = -1): Verdict =>
  verifier.verify({
    tree,
    target,
    position: 3,
    uniform: (purpose, position, attempt) => uniform(1, purpose, position, attempt),
    isEnd: (token) => token === end,
  })

const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 })

test("the threshold is ε at most, and falls as the target is less sure", () => {
  fc.assert(
    fc.property(weights, (row) => {
      const threshold = typicalThreshold(of(...row), constants)
      assert.ok(threshold > 0 && threshold <= constants.epsilon)
    }),
  )
  const unsure = typicalThreshold(of(...new Array<number>(32).fill(1)), constants)
  assert.ok(Math.abs(unsure - 0.3 / 32) < 1e-4)
  assert.equal(typicalThreshold(of(1, 0), constants), constants.epsilon)
})

test("a probability of just the threshold is refused, a greater one accepted", () => {
  const target = of(0.91, 0.09)
  const chain = { tokens: [1], parents: [-1] }
  assert.equal(typicalThreshold(target, constants), target.probability(1))
  assert.deepEqual(
    verify(chain, () => target),
    { accepted: [], appended: [0], rejected: 1 },
  )
  assert.deepEqual(verify(chain, () => of(0.9, 0.1)).accepted, [0])
})

test("the longest typical path is taken, of several the likeliest, then the earliest", () => {
  // Two paths of two and one of one; the first token of the second path is the likelier.
  const tree = { tokens: [1, 2, 3, 0, 0], parents: [-1, -1, -1, 0, 1] }
  const first = of(0, 0.2, 0.3, 0.5)
  const target = (node: number): Distribution => (node < 0 ? first : of(1, 0, 0, 0))
  assert.deepEqual(verify(tree, target), { accepted: [1, 4], appended: [0], rejected: 0 })
  const even = (node: number): Distribution => (node < 0 ? of(0, 0.3, 0.3, 0.4) : of(1, 0, 0, 0))
  assert.deepEqual(verify(tree, even).accepted, [0, 3])
})

test("nothing is accepted or appended after the end of the text", () => {
  const tree = { tokens: [1, 0], parents: [-1, 0] }
  assert.deepEqual(
    verify(tree, () => of(0.5, 0.5), 1),
    { accepted: [0], appended: [], rejected: 0 },
  )
})

test("it is lossy: a draft among many equal tokens always stands, where plain decoding says it now and then", () => {
  const even = of(...new Array<number>(8).fill(1))
  for (let token = 0; token < 8; token++)
    assert.deepEqual(verify({ tokens: [token], parents: [-1] }, () => even).accepted, [0])
})

test("what follows is the likeliest token, or drawn by the number plain decoding would use", () => {
  const target = of(0.5, 0.2, 0.3)
  const drawing = typicalAcceptance({ ...constants, next: "drawn" })
  const drawn = new Set<number>()
  for (let seed = 0; seed < 50; seed++) {
    const { appended } = drawing.verify({
      tree: { tokens: [], parents: [] },
      target: () => target,
      position: 3,
      uniform: (purpose, position, attempt) => uniform(seed, purpose, position, attempt),
      isEnd: () => false,
    })
    assert.equal(appended[0], target.draw(uniform(seed, "token", 3)))
    drawn.add(appended[0]!)
  }
  assert.equal(drawn.size, 3)
  assert.deepEqual(verify({ tokens: [], parents: [] }, () => target).appended, [0])
})
