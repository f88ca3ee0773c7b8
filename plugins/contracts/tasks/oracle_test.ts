import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { oracle } from "./oracle.ts"

const coins = [
  ["a", "a", "x"],
  ["a", "b", "y"],
  ["b", "b", "y"],
  ["b", "b", "z"],
]

test("marginals are shares of the answers that agree with what is filled", () => {
  const marginals = oracle(coins)
  const [first, second, third] = marginals([undefined, undefined, undefined])
  assert.deepEqual(
    [...first!],
    [
      ["a", 0.5],
      ["b", 0.5],
    ],
  )
  assert.deepEqual(
    [...second!],
    [
      ["a", 0.25],
      ["b", 0.75],
    ],
  )
  assert.deepEqual(
    [...third!],
    [
      ["x", 0.25],
      ["y", 0.5],
      ["z", 0.25],
    ],
  )
  assert.deepEqual(
    [...marginals([undefined, "b", "y"])[0]!],
    [
      ["a", 0.5],
      ["b", 0.5],
    ],
  )
  assert.deepEqual([...marginals(["b", undefined, undefined])[1]!], [["b", 1]])
})

test("what is filled stays, whether or not an answer has it", () => {
  const [first, second, third] = oracle(coins)(["b", "a", undefined])
  assert.deepEqual([[...first!], [...second!]], [[["b", 1]], [["a", 1]]])
  // Three answers agree in one slot, so all of them count.
  assert.deepEqual(
    [...third!].map(([content, p]) => [content, p.toFixed(3)]),
    [
      ["x", "0.333"],
      ["y", "0.333"],
      ["z", "0.333"],
    ],
  )
})

test("filled one by one with anything possible, slots become an answer", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
      (order, picks) => {
        const filled: (string | undefined)[] = [undefined, undefined, undefined]
        for (const [i, slot] of order.entries()) {
          const possible = [...oracle(coins)(filled)[slot]!.keys()]
          filled[slot] = possible[picks[i]! % possible.length]
        }
        assert.ok(coins.some((answer) => answer.join() === filled.join()))
      },
    ),
  )
})
