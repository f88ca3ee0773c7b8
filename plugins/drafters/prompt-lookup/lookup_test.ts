import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { lookup, type LookupOptions, type Match } from "./lookup.ts"

/** Prompt lookup as published: for n from long to short, scan the text from its start. */
const scan = (
  tokens: readonly number[],
  { maxNgram, minNgram, match, within = tokens.length }: LookupOptions,
): number => {
  for (let n = maxNgram; n >= minNgram; n--) {
    if (n > tokens.length) continue
    const pattern = tokens.slice(tokens.length - n)
    if (pattern.some((token) => token < 0)) continue
    const found: number[] = []
    for (let j = 0; j < tokens.length - n && j + n < within; j++)
      if (pattern.every((token, i) => tokens[j + i] === token)) found.push(j + n)
    if (found.length > 0) return match === "earliest" ? found[0]! : found[found.length - 1]!
  }
  return -1
}

const text = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 80 })

test("finds what a scan of the whole text finds, while the text grows", () => {
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("earliest" as const, "latest" as const),
      fc.option(fc.nat(40), { nil: undefined }),
      (tokens, a, b, match, within) => {
        const options = {
          minNgram: Math.min(a, b),
          maxNgram: Math.max(a, b),
          match,
          ...(within === undefined ? {} : { within }),
        }
        const { matches } = lookup(options)
        for (let length = 1; length <= tokens.length; length += 1 + (length % 3)) {
          const so = tokens.slice(0, length)
          assert.equal(matches(Int32Array.from(so), 1)[0]?.from ?? -1, scan(so, options))
        }
      },
    ),
  )
})

test("lists every match once, the longest n-gram's first", () => {
  const { matches } = lookup({ minNgram: 1, maxNgram: 2, match: "latest" })
  //                       0  1  2  3  4  5  6  7
  const tokens = Int32Array.of(1, 2, 5, 2, 6, 1, 2)
  assert.deepEqual(matches(tokens, 9), [
    { from: 2, length: 2 },
    { from: 4, length: 1 },
  ] satisfies Match[])
})

test("the end of the text never matches itself", () => {
  const { matches } = lookup({ minNgram: 1, maxNgram: 3, match: "latest" })
  assert.deepEqual(matches(Int32Array.of(1, 2, 3), 5), [])
})

test("a match is measured beyond the n-gram that found it", () => {
  const { matches } = lookup({ minNgram: 1, maxNgram: 2, match: "earliest" })
  assert.deepEqual(matches(Int32Array.of(9, 1, 2, 3, 4, 7, 1, 2, 3, 4), 1), [{ from: 5, length: 4 }])
})

test("thousands of tokens with few different ones stay found", () => {
  const { matches } = lookup({ minNgram: 1, maxNgram: 3, match: "earliest" })
  const tokens = Int32Array.from({ length: 5000 }, (_, i) => (i * i * 7 + (i >> 3)) % 900)
  const last = matches(tokens, 1)[0]?.from ?? -1
  assert.equal(last, scan([...tokens], { minNgram: 1, maxNgram: 3, match: "earliest" }))
})
