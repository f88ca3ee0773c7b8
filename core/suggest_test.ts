import assert from "node:assert/strict"
import test from "node:test"
import * as fc from "fast-check"
import { editDistance, nearest } from "./suggest.ts"

test("A slip of the finger finds its word.", () => {
  const names = ["@parade/prompt-lookup", "@parade/draft-model", "@parade/exact-match"]
  assert.equal(nearest("@parade/promt-lookup", names), "@parade/prompt-lookup")
  assert.equal(nearest("promptLookup", names), "@parade/prompt-lookup")
  assert.equal(nearest("exact_match", names), "@parade/exact-match")
  assert.equal(nearest("maxNgarm", ["maxNgram", "minNgram"]), "maxNgram")
})

test("A word like no other finds none.", () => {
  assert.equal(nearest("zebra", ["maxNgram", "use", "with"]), undefined)
  assert.equal(nearest("x", []), undefined)
  assert.equal(nearest("", ["use"]), undefined)
})

test("A word of a million letters costs nothing.", () => {
  assert.equal(nearest("a".repeat(1_000_000), ["b".repeat(1_000_000)]), undefined)
})

test("The edit distance is symmetric, zero only for equals, and at most the longer length.", () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      assert.equal(distance, editDistance(b, a))
      assert.equal(distance === 0, a === b)
      assert.ok(distance <= Math.max(a.length, b.length))
      assert.ok(distance >= Math.abs(a.length - b.length))
    }),
  )
})

test("Two neighbours swapped are one edit.", () => {
  assert.equal(editDistance("ngram", "ngarm"), 1)
  assert.equal(editDistance("kitten", "sitting"), 3)
})
