import assert from "node:assert/strict"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { test } from "node:test"

test("the example of the README runs and prints what it says", async (t) => {
  const text = await readFile(new URL("README.md", import.meta.url), "utf8")
  const code = /```ts\n([\s\S]*?)```/.exec(text)![1]!
  const printed: string[] = []
  t.mock.method(console, "log", (value: unknown) => printed.push(String(value)))
  const folder = new URL(".cache/", import.meta.url)
  await mkdir(folder, { recursive: true })
  const file = new URL(`readme-${process.pid}.ts`, folder)
  try {
    await writeFile(file, code)
    await import(file.href)
  } finally {
    await rm(file)
  }
  assert.deepEqual(
    printed,
    [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1]!),
  )
})
