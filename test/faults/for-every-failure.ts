import assert from "node:assert/strict"
import { isParadeError } from "@parade/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Scope } from "effect/Scope"
import { type Faults, makeFaults } from "./faults.ts"

/** Which calls are made to fail. */
export interface EveryFailureOptions {
  /** Only methods whose name contains this, such as `store.` or `drafter.plan`. */
  readonly method?: string
  /** Calls there are at most before something is taken to never end; 10,000 by default. */
  readonly limit?: number
}

const assertTyped = (exit: Exit.Exit<unknown, unknown>, where: string): void => {
  assert.ok(Exit.isFailure(exit), `${where}: the failure was swallowed.`)
  for (const reason of exit.cause.reasons)
    assert.ok(
      Cause.isFailReason(reason) && isParadeError(reason.error),
      `${where}: not a typed failure but ${Cause.pretty(exit.cause)}`,
    )
}

/**
 * Runs a scenario with its first guarded call failing, then with its second, and so on until it passes because there
 * is no further call. Each time the scenario must fail with a typed failure and release all it acquired.
 *
 * @returns how many calls there were.
 * @throws AssertionError, as a defect, where a failure is swallowed, untyped, or leaves something behind.
 */
export const forEveryFailure = <A, E>(
  scenario: (faults: Faults) => Effect.Effect<A, E, Scope>,
  options: EveryFailureOptions = {},
): Effect.Effect<number> =>
  Effect.gen(function* () {
    const limit = options.limit ?? 10_000
    for (let n = 1; n <= limit; n++) {
      const faults = makeFaults()
      faults.failAt(n, options.method)
      const exit = yield* Effect.exit(Effect.scoped(scenario(faults)))
      const where = `call ${n}${faults.struck === undefined ? "" : `, ${faults.struck}`}`
      assert.deepEqual(faults.held, [], `${where}: not released.`)
      if (faults.struck === undefined) {
        assert.ok(Exit.isSuccess(exit), `${where}: fails by itself.`)
        return n - 1
      }
      assertTyped(exit, where)
    }
    return assert.fail(`The scenario still calls after ${limit} calls.`)
  })
