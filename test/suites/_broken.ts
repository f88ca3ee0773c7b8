import assert from "node:assert/strict"
import { collectTests } from "./collect.ts"
import type { TestFunction } from "./test-function.ts"

/** Asserts that a suite catches something broken by the sentence named. */
export const assertCaught = async (suite: (test: TestFunction) => void, sentence: string): Promise<void> => {
  const collection = collectTests()
  suite(collection.test)
  const outcomes = await collection.run(sentence)
  assert.ok(outcomes.length > 0, `The suite does not say “${sentence}”.`)
  assert.ok(
    outcomes.some(({ error }) => error !== undefined),
    `“${sentence}” holds of something broken.`,
  )
}
