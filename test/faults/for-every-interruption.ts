import assert from "node:assert/strict"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Faults, makeFaults } from "./faults.ts"

/**
 * Reads a stream whole to count its elements, then again up to every element: once ending there by choice, once
 * interrupted there. Each time everything acquired through the guards must be released.
 *
 * @returns how many elements there were.
 * @throws AssertionError, as a defect, where something is left behind.
 */
export const forEveryInterruption = <A, E>(
  scenario: (faults: Faults) => Stream.Stream<A, E, Scope>,
): Effect.Effect<number, E> =>
  Effect.gen(function* () {
    const run = <B>(
      read: (stream: Stream.Stream<A, E, Scope>) => Effect.Effect<B, E, Scope>,
      where: string,
    ): Effect.Effect<Exit.Exit<B, E>> =>
      Effect.gen(function* () {
        const faults = makeFaults()
        const exit = yield* Effect.exit(Effect.scoped(read(scenario(faults))))
        assert.deepEqual(faults.held, [], `${where}: not released.`)
        return exit
      })
    const whole = yield* run(Stream.runCollect, "read to its end")
    if (Exit.isFailure(whole)) return yield* Effect.failCause(whole.cause)
    const count = whole.value.length
    for (let n = 1; n <= count; n++) {
      const taken = yield* run((stream) => Stream.runDrain(Stream.take(stream, n)), `ended after ${n}`)
      assert.ok(Exit.isSuccess(taken), `ended after ${n}: fails.`)
      let seen = 0
      const interrupted = yield* run(
        Stream.runForEach(() => (++seen === n ? Effect.interrupt : Effect.void)),
        `interrupted at ${n}`,
      )
      assert.ok(
        Exit.isFailure(interrupted) && Cause.hasInterruptsOnly(interrupted.cause),
        `interrupted at ${n}: does not end by interruption.`,
      )
    }
    return count
  })
