import assert from "node:assert/strict"
import { test } from "node:test"
import { bidirectional, causal, ModelError, visibilityMatrix } from "@parade/core"
import type { Visibility } from "@parade/core"
import * as fc from "fast-check"
import { fillMask, HIDDEN, narrowMask } from "./_mask.ts"

const visibilities = (count: number, cached: number): fc.Arbitrary<Visibility | undefined> => {
  const list = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count })
  return fc.oneof(
    fc.constant(undefined),
    fc.constant(causal(count)),
    fc.constant(bidirectional(count)),
    list.map((ranks) => ({ rule: "ranked", ranks }) as const),
    fc
      .tuple(...Array.from({ length: count }, (_, i) => fc.integer({ min: -1, max: i - 1 })))
      .map((parents) => ({ rule: "tree", parents }) as const),
    list.map((branches) => ({ rule: "branches", branches, mutual: true }) as const),
    fc
      .array(fc.integer({ min: 0, max: 1 }), {
        minLength: count * (cached + count),
        maxLength: count * (cached + count),
      })
      .map((bits) => ({ rule: "dense", mask: Uint8Array.from(bits) }) as const),
    cached === 0
      ? fc.constant(undefined)
      : fc
          .uniqueArray(fc.integer({ min: 0, max: cached - 1 }))
          .map((list) => Object.assign(causal(count), { cached: list })),
  )
}

const cases = fc
  .record({ count: fc.integer({ min: 1, max: 6 }), cached: fc.nat(6), spare: fc.nat(3) })
  .chain(({ count, cached, spare }) =>
    visibilities(count, cached).map((visibility) => ({
      count,
      cached,
      capacity: cached + spare,
      visibility,
    })),
  )

test("A mask shows exactly what the visibility says, itself always, and never a spare place", () => {
  fc.assert(
    fc.property(cases, (input) => {
      const { count, cached, capacity } = input
      const mask = new Float32Array(count * (capacity + count)).fill(NaN)
      fillMask(mask, input)
      const sees = visibilityMatrix(input.visibility ?? causal(count), cached, count)
      for (let i = 0; i < count; i++)
        for (let j = 0; j < capacity + count; j++) {
          const column = j < cached ? j : j < capacity ? undefined : j - capacity + cached
          const visible =
            column !== undefined && (sees[i * (cached + count) + column] === 1 || column === cached + i)
          assert.equal(mask[i * (capacity + count) + j], visible ? 0 : Math.fround(HIDDEN))
        }
    }),
  )
})

test("A window hides by position, among cached and new rows alike", () => {
  const input = { count: 2, cached: 3, capacity: 4, visibility: undefined }
  const full = new Float32Array(12)
  fillMask(full, input)
  const narrow = new Float32Array(12)
  narrowMask(narrow, full, 2, input, Int32Array.of(3, 4), Int32Array.of(0, 2, 3))
  assert.deepEqual(
    Array.from(narrow, (x) => (x === 0 ? 1 : 0)),
    [0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1],
  )
})

test("A visibility of other rows than the forward's is refused", () => {
  const out = new Float32Array(100)
  for (const visibility of [causal(3), bidirectional(3), { rule: "tree", parents: [-1, 3] }] as Visibility[])
    assert.throws(
      () => fillMask(out, { count: 2, cached: 0, capacity: 0, visibility }),
      (error: unknown) => error instanceof ModelError && error.code === "model.bad-visibility",
    )
})
