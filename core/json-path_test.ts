import assert from "node:assert/strict"
import test from "node:test"
import * as fc from "fast-check"
import { formatPath, parsePath } from "./json-path.ts"

test("A printed path is read back as the same path.", () => {
  const key = fc.oneof(
    fc.string({ minLength: 0, maxLength: 8 }),
    fc.constantFrom("with", "a-b", "$schema", "é", "0"),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(key, fc.nat(1000)), { minLength: 1, maxLength: 6 }), (path) => {
      assert.deepEqual(parsePath(formatPath(path)), path)
    }),
  )
})

test("The root may be left out, and an index may follow a dot.", () => {
  assert.deepEqual(parsePath("drafter.with.maxNgram"), ["drafter", "with", "maxNgram"])
  assert.deepEqual(parsePath("processors.0.with"), ["processors", 0, "with"])
  assert.deepEqual(parsePath("$.processors[0]"), ["processors", 0])
})

test("What is no path is none.", () => {
  for (const text of ["", "$", "a..b", "a[", "a[x]", "a b", ".", '$["a'])
    assert.equal(parsePath(text), undefined, text)
})
