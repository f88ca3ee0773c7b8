import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { continuation, propose, type ProposeOptions } from "./propose.ts"

const options: ProposeOptions = {
  draftLength: 10,
  branches: 1,
  overlap: true,
  isEnd: (token) => token === 99,
}
const ample = { nodes: 64, depth: 64, rows: 64 }

test("a continuation is what followed", () => {
  assert.deepEqual(continuation(Int32Array.of(1, 2, 3, 4, 5, 1), 1, 3, options), [2, 3, 4])
})

test("a continuation that reaches the end of the text goes on in itself", () => {
  assert.deepEqual(continuation(Int32Array.of(7, 1, 2, 1, 2), 3, 5, options), [1, 2, 1, 2, 1])
})

test("without overlap it is clipped to what exists", () => {
  assert.deepEqual(continuation(Int32Array.of(7, 1, 2, 1, 2), 3, 5, { ...options, overlap: false }), [1, 2])
})

test("with the prompt as the only source it ends where the prompt does", () => {
  assert.deepEqual(continuation(Int32Array.of(1, 2, 3, 4, 1), 1, 9, { ...options, within: 3 }), [2, 3])
})

test("it ends with the first end token, and before a placeholder", () => {
  assert.deepEqual(continuation(Int32Array.of(1, 2, 99, 4, 1), 1, 9, options), [2, 99])
  assert.deepEqual(continuation(Int32Array.of(1, 2, -1, 4, 1), 1, 9, options), [2])
})

test("several continuations share their beginnings and keep within branches", () => {
  const tokens = Int32Array.of(1, 2, 3, 1, 2, 4, 1, 5, 5, 1)
  const tree = propose(
    tokens,
    [
      { from: 1, length: 1 },
      { from: 4, length: 1 },
      { from: 7, length: 1 },
    ],
    ample,
    { ...options, draftLength: 2, branches: 2 },
  )
  assert.deepEqual(tree.tokens, [2, 3, 4])
  assert.deepEqual(tree.parents, [-1, 0, 0])
})

test("a tree keeps within its budget, has distinct siblings and parents before children", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(3), { minLength: 2, maxLength: 60 }),
      fc.array(fc.nat(59), { maxLength: 8 }),
      fc.nat(12),
      fc.nat(12),
      fc.integer({ min: 1, max: 4 }),
      (text, froms, nodes, depth, branches) => {
        const tokens = Int32Array.from(text)
        const matches = froms.filter((from) => from > 0 && from < text.length)
        const tree = propose(
          tokens,
          matches.map((from) => ({ from, length: 1 })),
          { nodes, depth, rows: nodes },
          { ...options, branches },
        )
        assert.ok(tree.tokens.length <= nodes)
        const depths: number[] = []
        const siblings = new Set<string>()
        for (let i = 0; i < tree.tokens.length; i++) {
          const parent = tree.parents[i]!
          assert.ok(parent < i)
          depths.push(parent < 0 ? 1 : depths[parent]! + 1)
          siblings.add(`${parent} ${tree.tokens[i]}`)
        }
        assert.equal(siblings.size, tree.tokens.length)
        assert.ok(Math.max(0, ...depths) <= depth)
      },
    ),
  )
})

test("confidence grows along a continuation", () => {
  const tree = propose(Int32Array.of(1, 2, 3, 4, 1), [{ from: 1, length: 1 }], ample, options)
  const confidence = Array.from(tree.confidence!)
  assert.deepEqual(
    confidence,
    confidence.toSorted((a, b) => a - b),
  )
  assert.ok(confidence.every((chance) => chance > 0 && chance < 1))
})
