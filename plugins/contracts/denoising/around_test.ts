import assert from "node:assert/strict"
import { test } from "node:test"
import { around, type Unmasker } from "./mod.ts"

const rule: Unmasker = { name: "rule", open: () => ({ propose: () => [{ positions: [0], tokens: [1] }] }) }

test("An unmasker around another says what that one says, and that it reads the likeliest token at least.", () => {
  const reads = () => Int32Array.of(1)
  assert.deepEqual(around({ ...rule, reads, readsTop: 0, drawsAnew: true, vocabularyFingerprint: "a" }), {
    reads,
    readsTop: 1,
    drawsAnew: true,
    vocabularyFingerprint: "a",
  })
  assert.equal(around({ ...rule, readsTop: 4 }).readsTop, 4)
})

test("Where that one may ask anything, so may it.", () => {
  assert.deepEqual(around(rule), {})
})
