import assert from "node:assert/strict"
import { test } from "node:test"
import { endColumn, upToColumn } from "./cells.ts"

test("A wide character takes two columns, one that combines none, a tab what is left to the next stop.", () => {
  assert.equal(endColumn(3, "abc"), 6)
  assert.equal(endColumn(0, "日本語"), 6)
  assert.equal(endColumn(0, "e\u0301🙂"), 3)
  assert.equal(endColumn(3, "\tx"), 9)
})

test("No character is begun that would end behind the last column.", () => {
  assert.equal(upToColumn("abc", 0, 2), "ab")
  assert.equal(upToColumn("日本語", 1, 6), "日本")
  assert.equal(upToColumn("日本語", 1, 4), "日")
  assert.equal(upToColumn("e\u0301x", 0, 1), "e\u0301")
  assert.equal(upToColumn("abc", 5, 5), "")
})
