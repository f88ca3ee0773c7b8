import type { TestFunction } from "./test-function.ts"

/** What became of one test. */
export interface TestOutcome {
  readonly name: string
  readonly error?: unknown
  readonly skipped?: string
}

/** Tests that are registered here and run when asked: for trying a suite on something that should fail it. */
export interface TestCollection {
  readonly test: TestFunction
  /** Runs the tests whose name contains `part`; all by default. */
  readonly run: (part?: string) => Promise<readonly TestOutcome[]>
}

/** An empty collection. */
export const collectTests = (): TestCollection => {
  const tests: { readonly name: string; readonly body: Parameters<TestFunction>[1] }[] = []
  return {
    test: (name, body) => void tests.push({ name, body }),
    run: async (part = "") => {
      const outcomes: TestOutcome[] = []
      for (const { name, body } of tests.filter((one) => one.name.includes(part))) {
        let skipped: string | undefined
        const skip = (reason = ""): void => void (skipped = reason)
        try {
          await body({ name, skip })
          outcomes.push(skipped === undefined ? { name } : { name, skipped })
        } catch (error) {
          outcomes.push({ name, error })
        }
      }
      return outcomes
    },
  }
}
