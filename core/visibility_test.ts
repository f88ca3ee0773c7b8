import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { bidirectional, causal, type Visibility, visibilityMatrix } from "./mod.ts"

/** Whether new row `i` sees new row `j`, straight from the words of the rule. */
const seesNew = (visibility: Visibility, i: number, j: number): boolean => {
  if (i === j) return true
  if (visibility.rule === "ranked") return visibility.ranks[j]! <= visibility.ranks[i]!
  if (visibility.rule === "tree") {
    for (let at = visibility.parents[i]!; at >= 0; at = visibility.parents[at]!) if (at === j) return true
    return false
  }
  if (visibility.rule === "branches")
    return visibility.branches[i] === visibility.branches[j] && (visibility.mutual === true || j <= i)
  throw new Error("dense is its own matrix")
}

const arbitrary = fc
  .record({ cachedRows: fc.nat(5), newRows: fc.integer({ min: 1, max: 7 }) })
  .chain(({ cachedRows, newRows }) => {
    const rows = { minLength: newRows, maxLength: newRows }
    const cached = fc.option(fc.subarray([...new Array(cachedRows).keys()]), { nil: undefined })
    const rule = fc.oneof(
      fc.array(fc.nat(3), rows).map((ranks): Visibility => ({ rule: "ranked", ranks })),
      fc
        .tuple(...new Array(newRows).fill(0).map((_, i) => fc.integer({ min: -1, max: i - 1 })))
        .map((parents): Visibility => ({ rule: "tree", parents })),
      fc.record({
        rule: fc.constant("branches" as const),
        branches: fc.array(fc.nat(2), rows),
        mutual: fc.boolean(),
      }),
    )
    return fc.tuple(rule, cached).map(([visibility, listed]) => ({
      visibility: listed === undefined ? visibility : ({ ...visibility, cached: listed } as Visibility),
      listed,
      cachedRows,
      newRows,
    }))
  })

test("the matrix of every rule says what the rule says", () => {
  fc.assert(
    fc.property(arbitrary, ({ visibility, listed, cachedRows, newRows }) => {
      const width = cachedRows + newRows
      // A buffer that was used before must not leak into the result.
      const matrix = visibilityMatrix(
        visibility,
        cachedRows,
        newRows,
        new Uint8Array(newRows * width).fill(1),
      )
      for (let i = 0; i < newRows; i++) {
        for (let c = 0; c < cachedRows; c++)
          assert.equal(matrix[i * width + c], listed === undefined || listed.includes(c) ? 1 : 0)
        for (let j = 0; j < newRows; j++)
          assert.equal(matrix[i * width + cachedRows + j], seesNew(visibility, i, j) ? 1 : 0)
      }
    }),
  )
})

test("causal is a triangle and bidirectional is full", () => {
  assert.deepEqual([...visibilityMatrix(causal(3), 1, 3)], [1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1])
  assert.deepEqual([...visibilityMatrix(bidirectional(2), 1, 2)], [1, 1, 1, 1, 1, 1])
})

test("a dense mask is taken as it is, and its size is checked", () => {
  const mask = Uint8Array.of(0, 1, 1, 1, 0, 1)
  assert.deepEqual([...visibilityMatrix({ rule: "dense", mask }, 1, 2)], [...mask])
  assert.throws(() => visibilityMatrix({ rule: "dense", mask }, 2, 2), RangeError)
})

test("a parent that does not come first and a cached row that is not there are refused", () => {
  assert.throws(() => visibilityMatrix({ rule: "tree", parents: [0] }, 0, 1), RangeError)
  assert.throws(() => visibilityMatrix({ rule: "tree", parents: [-2] }, 0, 1), RangeError)
  assert.throws(() => visibilityMatrix({ ...causal(1), cached: [3] } as Visibility, 3, 1), RangeError)
  assert.throws(() => visibilityMatrix({ ...causal(1), cached: [-1] } as Visibility, 3, 1), RangeError)
})
