import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { countedOf, someTexts } from "./_testing.ts"
import { trigramCounter, trigramTable } from "./mod.ts"

/** How often `c` came after `a, b`, and how often anything did. */
const shareOf = (texts: readonly (readonly number[])[], [a, b, c]: readonly number[]): number => {
  let [these, all] = [0, 0]
  for (const text of texts)
    for (let i = 2; i < text.length; i++)
      if (text[i - 2] === a && text[i - 1] === b) {
        all++
        if (text[i] === c) these++
      }
  return these / all
}

test("weights are the shares of what followed, and add up to 1 where nothing was left out", () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const counted = countedOf(texts)
      for (let i = 0; i + 1 < counted.from.length; i++) {
        let sum = 0
        for (let j = counted.from[i]!; j < counted.from[i + 1]!; j++) {
          const trigram = [counted.pairs[2 * i]!, counted.pairs[2 * i + 1]!, counted.tokens[j]!]
          assert.ok(Math.abs(counted.weights[j]! - shareOf(texts, trigram)) < 1e-6)
          sum += counted.weights[j]!
        }
        assert.ok(Math.abs(sum - 1) < 1e-6)
      }
    }),
  )
})

test("the heaviest successors stay, as heavy as they were", () => {
  const texts = [[1, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 5]]
  const row = trigramTable(countedOf(texts, 2), { bump: 0, cap: 0 }).successors(1, 2)
  assert.deepEqual(row, { tokens: [3, 4], weights: [0.5, 0.25] })
})

test("what follows a pair does not depend on where texts are cut apart, and places of vectors are no tokens", () => {
  const counter = trigramCounter()
  for (const text of [[1, 2], [3], [1, 2, -1, 1, 2, 3], []]) counter.add(text)
  assert.equal(counter.size(), 1)
  assert.deepEqual([...counter.counted(12).pairs], [1, 2])
})
