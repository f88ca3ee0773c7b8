import assert from "node:assert/strict"
import { test } from "node:test"
import { Label, rowCount, tokenRows } from "./mod.ts"

test("token rows stand at consecutive positions", () => {
  const rows = tokenRows([7, 8, 9], 4)
  assert.equal(rowCount(rows), 3)
  assert.deepEqual([...rows.tokens], [7, 8, 9])
  assert.deepEqual([...rows.positions], [4, 5, 6])
})

test("labels are left out for the prompt and present for others", () => {
  assert.equal(tokenRows([1], 0, Label.prompt).labels, undefined)
  assert.deepEqual([...tokenRows([1, 2], 0, Label.output).labels!], [1, 1])
})

test("rows do not alias the tokens they were made of", () => {
  const tokens = Int32Array.of(1, 2)
  const rows = tokenRows(tokens, 0)
  tokens[0] = 9
  assert.equal(rows.tokens[0], 1)
})
