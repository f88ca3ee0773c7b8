import type { ParadeError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** What guards ask before each call, and tell of each acquisition. */
export interface Gate {
  readonly failAt: (n: number, method?: string) => void
  readonly calls: () => number
  readonly struck: () => string | undefined
  readonly held: () => readonly string[]
  /** The work, or the failure where this call is the one. */
  readonly pass: <A, E extends ParadeError, R>(
    method: string,
    fail: (method: string) => E,
    work: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E, R>
  /** The resource, counted as held until its scope closes. */
  readonly hold: <A, E, R>(name: string, acquire: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | Scope>
}

export const makeGate = (): Gate => {
  let calls = 0
  let failing: { readonly n: number; readonly method: string } | undefined
  let struck: string | undefined
  const held = new Map<symbol, string>()
  return {
    failAt: (n, method = "") => {
      calls = 0
      struck = undefined
      failing = { n, method }
    },
    calls: () => calls,
    struck: () => struck,
    held: () => [...held.values()],
    pass: (method, fail, work) =>
      Effect.suspend(() => {
        if (failing !== undefined && !method.includes(failing.method)) return work
        calls++
        if (calls !== failing?.n) return work
        struck = method
        return Effect.fail(fail(method))
      }),
    hold: (name, acquire) =>
      Effect.uninterruptible(
        Effect.gen(function* () {
          const token = Symbol(name)
          const resource = yield* acquire
          // Registered last, so run first: whatever the resource does on release, it counts as released by then.
          yield* Effect.acquireRelease(
            Effect.sync(() => held.set(token, name)),
            () => Effect.sync(() => held.delete(token)),
          )
          return resource
        }),
      ),
  }
}
