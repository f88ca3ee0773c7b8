import assert from "node:assert/strict"
import { collectTests, type TestOutcome } from "./collect.ts"
import type { TestFunction } from "./test_function.ts"

/** What a suite says of something: the sentences that do not hold. */
export const failuresOf = async (suite: (test: TestFunction) => void): Promise<readonly TestOutcome[]> => {
  const collection = collectTests()
  suite(collection.test)
  return (await collection.run()).filter(({ error }) => error !== undefined)
}

/** Asserts that a suite catches something broken, by the sentence named among others. */
export const assertCaught = async (suite: (test: TestFunction) => void, sentence: string): Promise<void> => {
  const failed = (await failuresOf(suite)).map(({ name }) => name)
  assert.ok(
    failed.some((name) => name.includes(sentence)),
    `“${sentence}” holds; these do not: ${failed.join("; ") || "none"}`,
  )
}
