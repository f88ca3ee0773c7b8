import assert from "node:assert/strict"
import { isParadeError, type ParadeError } from "@parade/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

const code = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$/

/** Asserts that the work fails with a typed failure that says what is wrong, and gives it. */
export const failsTyped = (what: string, work: Effect.Effect<unknown, unknown>): Effect.Effect<ParadeError> =>
  Effect.map(Effect.exit(work), (exit) => {
    assert.ok(Exit.isFailure(exit), `${what} is accepted`)
    const [reason] = exit.cause.reasons
    assert.ok(
      exit.cause.reasons.length === 1 && reason !== undefined && Cause.isFailReason(reason),
      `${what} does not fail in a typed way but: ${Cause.pretty(exit.cause)}`,
    )
    assert.ok(isParadeError(reason.error), `${what} fails with something that is no ParadeError`)
    assert.match(reason.error.code, code, `${what} fails with a code that is not dotted lower case`)
    assert.ok(reason.error.message.length > 0, `${what} fails without a message`)
    return reason.error
  })

/** Asserts that floats are equal, or within `tolerance` of the larger of 1 and the largest of them. */
export const sameFloats = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  assert.equal(actual.length, expected.length, `${what}: another length`)
  let scale = 1
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i]!)) scale = Math.max(scale, Math.abs(expected[i]!))
  for (let i = 0; i < expected.length; i++) {
    const same = Object.is(actual[i], expected[i]) || Math.abs(actual[i]! - expected[i]!) <= tolerance * scale
    assert.ok(same, `${what}: ${actual[i]} where ${expected[i]} is right, at ${i} of ${expected.length}`)
  }
}
