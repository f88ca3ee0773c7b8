import assert from "node:assert/strict"
import test from "node:test"
import fc from "fast-check"
import { visible, visibleInColours } from "./visible.ts"

test("What would move the cursor, set a title or reorder text is spelt out.", () => {
  assert.equal(visible("a\u001B[2Jb\u001B]0;title\u0007c"), "a\\u001B[2Jb\\u001B]0;title\\u0007c")
  assert.equal(visible("user\u202Egpj.exe\u2066\u2069"), "user\\u202Egpj.exe\\u2066\\u2069")
  assert.equal(visible("\u009B31m\u007F\b"), "\\u009B31m\\u007F\\u0008")
  assert.equal(visible("50 %\r100 %\r\n"), "50 %\\u000D100 %\r\n")
})

test("Text of every script comes out as it is.", () => {
  const text = "Tab\tline\nכן\u200F (ok) العربية 日本語 👩‍👩‍👧 e\u0301"
  assert.equal(visible(text), text)
})

test("Colours of this program stay, and nothing else that begins like them.", () => {
  assert.equal(
    visibleInColours("\u001B[32mok\u001B[39m\u001B[2K\u001B"),
    "\u001B[32mok\u001B[39m\\u001B[2K\\u001B",
  )
})

test("JSON means the same afterwards.", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(JSON.parse(visible(JSON.stringify(text))), text)
    }),
  )
})

test("Nothing a terminal obeys is left, whatever the text.", () => {
  const unit = fc.oneof(fc.constantFrom("\u001B", "[", "m", "2", "\r", "\n", "\u202E", "\u009B"), fc.string())
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      for (const character of visible(parts.join("")).replaceAll("\r\n", "\n"))
        assert.ok(
          character === "\t" || character === "\n" || !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(character),
          JSON.stringify(character),
        )
    }),
  )
})
