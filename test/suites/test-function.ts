import type { ParadeError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** What a test body is given; the contexts of node:test, Deno.test and vitest fit. */
export interface TestContext {
  readonly name?: string
  readonly skip?: (reason?: string) => void
}

/** Registers a test: the `test` of node:test, `Deno.test`, vitest's `test`. */
export type TestFunction = (name: string, body: (context: TestContext) => Promise<void>) => unknown

/** How a suite gets what it tests: made afresh for every test, released after it. */
export type Factory<A> = Effect.Effect<A, ParadeError, Scope>

/** One promise of a contract, as a test; `skip` tells why a declared capability leaves it out. */
export type Check<A> = (subject: A, skip: (reason: string) => void) => Effect.Effect<void, unknown, Scope>

/** Registers one promise of a contract under its sentence. */
export type Registrar<A> = (sentence: string, check: Check<A>) => void

/** A registrar of tests over one factory, each name starting with the kind. */
export const promises =
  <A>(test: TestFunction, kind: string, factory: Factory<A>): Registrar<A> =>
  (sentence, check) => {
    test(`${kind}: ${sentence}`, (context) =>
      Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(factory, (subject) => check(subject, (reason) => context.skip?.(reason))),
        ),
      ))
  }
