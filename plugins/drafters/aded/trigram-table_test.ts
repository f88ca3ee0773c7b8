import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { countedOf, someTexts } from "./_testing.ts"
import { type CountedTrigrams, trigramTable } from "./mod.ts"

/** Every weight of a table over few tokens. */
const weightsOf = (table: ReturnType<typeof trigramTable>): Map<string, number> => {
  const found = new Map<string, number>()
  for (let a = 0; a < 6; a++)
    for (let b = 0; b < 6; b++)
      for (const [i, c] of table.successors(a, b)?.tokens.entries() ?? [])
        found.set(`${a} ${b} ${c}`, table.successors(a, b)!.weights[i]!)
  return found
}

test("a bump adds to every tri-gram of the window as often as it stands there, up to the cap, and to no other", () => {
  fc.assert(
    fc.property(
      someTexts,
      fc.array(fc.array(fc.nat(5), { maxLength: 40 }), { maxLength: 12 }),
      fc.integer({ min: 3, max: 16 }),
      (texts, bumped, window) => {
        const table = trigramTable(countedOf(texts), { bump: 0.25, cap: 2 })
        const expected = weightsOf(table)
        for (const tokens of bumped) {
          table.bump(tokens, tokens.length - window)
          for (let i = Math.max(2, tokens.length - window + 2); i < tokens.length; i++) {
            const key = tokens.slice(i - 2, i + 1).join(" ")
            expected.set(key, Math.min(2, (expected.get(key) ?? 0) + 0.25))
          }
        }
        const found = weightsOf(table)
        assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()))
        assert.ok([...found.values()].every((weight) => weight <= 2))
      },
    ),
  )
})

test("successors come heaviest first, of equal ones the smaller token, whatever was bumped", () => {
  fc.assert(
    fc.property(someTexts, fc.array(fc.nat(5), { maxLength: 200 }), (texts, tokens) => {
      const table = trigramTable(countedOf(texts), { bump: 0.04, cap: 0.4 })
      for (let i = 3; i <= tokens.length; i++) table.bump(tokens.slice(0, i), i - 8)
      for (let a = 0; a < 6; a++)
        for (let b = 0; b < 6; b++) {
          const row = table.successors(a, b)
          const pairs = row?.tokens.map((token, i) => [row.weights[i]!, token] as const) ?? []
          assert.deepEqual(
            pairs,
            [...pairs].sort(([v, s], [w, t]) => w - v || s - t),
          )
        }
    }),
  )
})

test("two tables over the same counts learn apart, and the counts stay", () => {
  const counted: CountedTrigrams = countedOf([[1, 2, 3]])
  const [one, other] = [1, 2].map(() => trigramTable(counted, { bump: 1, cap: 3 })) as [
    ReturnType<typeof trigramTable>,
    ReturnType<typeof trigramTable>,
  ]
  one.bump([1, 2, 3], 0)
  assert.deepEqual(one.successors(1, 2)?.weights, [2])
  assert.deepEqual(other.successors(1, 2)?.weights, [1])
  assert.deepEqual([...counted.weights], [1])
})

test("a weight that was counted above the cap stays", () => {
  const table = trigramTable(countedOf([[1, 2, 3]]), { bump: 0.04, cap: 0.5 })
  table.bump([1, 2, 3], 0)
  assert.deepEqual(table.successors(1, 2)?.weights, [1])
})

test("places of vectors and texts of fewer than three tokens are nothing to learn", () => {
  const table = trigramTable(undefined, { bump: 0.04, cap: 3 })
  for (const tokens of [[], [1], [1, 2], [1, -1, 2], [-1, -1, -1]]) table.bump(tokens, -10)
  assert.equal(table.successors(1, 2), undefined)
  assert.equal(table.successors(-1, 2), undefined)
})
