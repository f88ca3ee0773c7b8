import assert from "node:assert/strict"
import { test } from "node:test"
import { drawsFor } from "@parade/tasks"
import { drawItems, type ItemKind } from "./items.ts"

test("items are different, however many are drawn, and hold nothing a notation would split", () => {
  for (const kind of ["names", "words", "letters"] satisfies ItemKind[])
    for (let index = 0; index < 100; index++) {
      const items = drawItems[kind](drawsFor(kind, 0, index), 21)
      assert.equal(new Set(items).size, 21)
      for (const item of items)
        assert.match(item, kind === "names" ? /^[A-Z][a-z]+ [A-Z][a-z]+$/ : /^[A-Za-z]+$/)
    }
})
