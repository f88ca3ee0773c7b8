import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { makeHistory } from "./mod.ts"

test("a history is the prompt and what was appended", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.array(fc.nat(), { maxLength: 300 }), (prompt, appended) => {
      const history = makeHistory(prompt)
      for (const token of appended) history.append(token)
      assert.equal(history.promptLength, prompt.length)
      assert.equal(history.length, prompt.length + appended.length)
      assert.deepEqual([...history.tokens], [...prompt, ...appended])
    }),
  )
})

test("a view shows only what was there when it was taken", () => {
  const history = makeHistory([1, 2])
  const view = history.tokens
  history.append(3)
  assert.deepEqual([...view], [1, 2])
  assert.deepEqual([...history.tokens], [1, 2, 3])
})
