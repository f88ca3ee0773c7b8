import assert from "node:assert/strict"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import type { TestContext } from "node:test"
import { inspect } from "node:util"

/** Numbers as a README has them. */
const rounded = (text: string): string =>
  text.replace(/\d+\.\d{4,}/g, (digits) => String(Number(Number(digits).toFixed(4))))

const shown = (value: unknown): string =>
  typeof value === "string" ? value : rounded(inspect(value, { breakLength: Infinity }))

/** Asserts that the first TypeScript of the README beside a test runs, and prints what its comments say. */
export const runReadmeExample = async (t: TestContext, testUrl: string): Promise<void> => {
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(new URL("README.md", testUrl), "utf8"))![1]!
  const printed: string[] = []
  t.mock.method(console, "log", (value: unknown) => printed.push(shown(value)))
  // Beside the package, whose dependencies it imports.
  const cache = new URL(".cache/", testUrl)
  await mkdir(cache, { recursive: true })
  const file = new URL(`readme-${process.pid}.ts`, cache)
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
}
