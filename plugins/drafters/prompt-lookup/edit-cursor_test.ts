import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { editCursor } from "./edit-cursor.ts"
import { lookup, type Match } from "./lookup.ts"

/** The places offered at the end of a text that was seen token by token from `start` on. */
const placesIn = (text: readonly number[], start: number, within?: number): readonly Match[] => {
  const { matches } = lookup({
    minNgram: 1,
    maxNgram: 3,
    match: "earliest",
    ...(within === undefined ? {} : { within }),
  })
  const cursor = editCursor(start, within)
  let places: readonly Match[] = []
  for (let length = start; length <= text.length; length++) {
    const tokens = Int32Array.from(text.slice(0, length))
    places = cursor.places(tokens, matches(tokens, 8))
  }
  return places
}

const froms = (places: readonly Match[]): readonly number[] => places.map(({ from }) => from)

const source = Array.from({ length: 40 }, (_, i) => 100 + i)
/** The source, a separator, and the first tokens of a copy. */
const copied = (count: number): readonly number[] => [...source, 1, ...source.slice(0, count)]

test("Behind a token that was replaced by another, the text may go on in its source.", () => {
  assert.ok(froms(placesIn([...copied(10), 7], 41)).includes(11))
})

test("Behind a token that was put in, the text may go on where it was.", () => {
  assert.ok(froms(placesIn([...copied(10), 7], 41)).includes(10))
})

test("Behind tokens that were left out, it goes on where the newest one stands.", () => {
  assert.equal(placesIn([...copied(10), source[13]!], 41)[0]?.from, 14)
})

test("Behind an edit of any small size, two copied tokens show the place again.", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 20 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      (before, written, replaced) => {
        const fresh = Array.from({ length: written }, (_, i) => 10 + i)
        const from = before + replaced
        const text = [...copied(before), ...fresh, ...source.slice(from, from + 2)]
        assert.equal(placesIn(text, 41)[0]?.from, from + 2)
      },
    ),
  )
})

test("A common token that an edit ends with is looked for near the edit before anywhere else.", () => {
  // 5 stands early and again behind the place of the edit; the text replaced 106 by 9.
  const text = [5, 6, 100, 101, 102, 103, 104, 105, 106, 5, 108, 109, 1, 100, 101, 102, 103, 104, 105, 9, 5]
  assert.equal(placesIn(text, 13)[0]?.from, 10)
})

test("Where the text leaves its source for long, the cursor has nothing to say.", () => {
  const fresh = Array.from({ length: 12 }, (_, i) => 10 + i)
  assert.deepEqual(placesIn([...copied(10), ...fresh], 41), [])
})

test("A few tokens that occurred before do not make a source.", () => {
  assert.deepEqual(placesIn([...source, 1, ...source.slice(0, 3), 7], 41), [])
})

test("Places are different, inside the text and before the end of the prompt where that is the source, the likeliest first.", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 2, maxLength: 90 }),
      fc.nat(89),
      fc.option(fc.nat(60), { nil: undefined }),
      (text, begin, within) => {
        const start = 1 + (begin % text.length)
        const places = placesIn(text, start, within)
        assert.equal(new Set(froms(places)).size, places.length)
        for (const { from, chance } of places) {
          assert.ok(from >= 0 && from < Math.min(text.length, within ?? Infinity), `${from}`)
          assert.ok(chance === undefined || (chance > 0 && chance < 1), `${chance}`)
        }
      },
    ),
  )
})
