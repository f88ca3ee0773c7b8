import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { makeStopStrings } from "./_stop-strings.ts"

const word = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom("a", "b"), minLength, maxLength })

/** Reads a text character by character and looks back for each string. */
const naive = (text: string, patterns: readonly string[]): number => {
  for (let end = 1; end <= text.length; end++) {
    const found = patterns.filter((pattern) => text.slice(0, end).endsWith(pattern))
    if (found.length > 0) return end - Math.max(...found.map((pattern) => pattern.length))
  }
  return -1
}

const longestBeginning = (text: string, patterns: readonly string[]): number => {
  for (let length = text.length; length > 0; length--)
    if (patterns.some((pattern) => pattern.length > length && pattern.startsWith(text.slice(-length))))
      return length
  return 0
}

test("the first completed string is found, however the text is cut, and no more is held than may belong to one", () => {
  fc.assert(
    fc.property(
      fc.array(word(1, 5), { maxLength: 4 }),
      fc.array(word(0, 4), { maxLength: 8 }),
      (patterns, pieces) => {
        const stop = makeStopStrings(patterns)
        let text = ""
        for (const piece of pieces) {
          text += piece
          const start = stop.push(piece)
          assert.equal(start, naive(text, patterns))
          if (start >= 0) return
          assert.equal(stop.held, longestBeginning(text, patterns))
        }
      },
    ),
    { numRuns: 500 },
  )
})

test("a long string that nearly matches everywhere takes one step per character", () => {
  const stop = makeStopStrings([`${"a".repeat(50_000)}b`])
  for (let i = 0; i < 100; i++) assert.equal(stop.push("a".repeat(1000)), -1)
  assert.equal(stop.held, 50_000)
  assert.equal(stop.push("b"), 50_000)
})
