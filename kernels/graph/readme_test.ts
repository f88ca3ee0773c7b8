import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { interpretedOperators } from "./interpreter/_prepare.ts"
import { ops } from "./mod.ts"
import { runReadmeExample } from "../../scripts/_readme-example.ts"

const read = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8")

test("the example of the README runs and prints what it says", (t) => runReadmeExample(t, import.meta.url))

test("the list of operators names every one there is, and no other", async () => {
  const rows = (await read("OPERATORS.md"))
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
  const cells = (column: number): string[] =>
    rows.flatMap((row) => row.split("|")[column]!.replace(/[¹²`]/g, "").split(",")).map((cell) => cell.trim())
  assert.deepEqual(cells(1).sort(), [...interpretedOperators])
  assert.deepEqual(cells(2).sort(), Object.keys(ops).sort())
})
