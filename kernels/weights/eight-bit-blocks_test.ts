import assert from "node:assert/strict"
import { test } from "node:test"
import type { Matrix } from "@parade/graph"
import { eightBitBlocks } from "./eight-bit-blocks.ts"
import { matrixValues } from "./matrix-values.ts"

const dense = (rows: number, columns: number): Matrix & { readonly kind: "dense" } => ({
  kind: "dense",
  rows,
  columns,
  identity: "m",
  values: () => Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i) * (1 + (i % 7))),
})

test("Every number is within half a step of its block.", () => {
  const matrix = dense(5, 64)
  const held = eightBitBlocks(matrix)
  assert.equal(held.kind, "blocks")
  const [exact, rounded] = [matrix.values(), matrixValues(held)]
  for (let at = 0; at < exact.length; at += 32) {
    const step = Math.max(...exact.subarray(at, at + 32).map(Math.abs)) / 127
    for (let i = at; i < at + 32; i++) assert.ok(Math.abs(exact[i]! - rounded[i]!) <= 0.5001 * step, `${i}`)
  }
})

test("Columns that are no whole blocks, and blocks, stay what they are.", () => {
  const narrow = dense(4, 48)
  assert.equal(eightBitBlocks(narrow), narrow)
  const held = eightBitBlocks(dense(2, 32))
  assert.equal(eightBitBlocks(held), held)
})
