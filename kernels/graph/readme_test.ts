import assert from "node:assert/strict"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { test } from "node:test"
import { inspect } from "node:util"
import { interpretedOperators } from "./interpreter/_prepare.ts"
import { ops } from "./mod.ts"

const read = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8")

test("the example of the README runs and prints what it says", async (t) => {
  const code = /```ts\n([\s\S]*?)```/.exec(await read("README.md"))![1]!
  const printed: string[] = []
  t.mock.method(console, "log", (value: unknown) => printed.push(inspect(value, { breakLength: Infinity })))
  const folder = new URL(".cache/", import.meta.url)
  await mkdir(folder, { recursive: true })
  const file = new URL(`readme-${process.pid}.ts`, folder)
  try {
    await writeFile(file, code)
    await import(file.href)
  } finally {
    await rm(file)
  }
  const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1]!)
  const rounded = printed.map((line) =>
    line.replace(/\d+\.\d{4,}/g, (digits) => String(Number(Number(digits).toFixed(4)))),
  )
  assert.deepEqual(rounded, promised)
})

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
