import type { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { fileError } from "./_file.ts"

/** Synchronous work that throws `WeightsError`, or what the file system throws, as an effect. */
export const attempt = <A>(path: string, work: () => A): Effect.Effect<A, WeightsError> =>
  Effect.try({ try: work, catch: (cause) => fileError(path, cause) })

/** Something opened now and closed with the scope. */
export const openScoped = <A extends { readonly close: () => void }>(
  path: string,
  open: () => A,
): Effect.Effect<A, WeightsError, Scope> =>
  Effect.acquireRelease(attempt(path, open), (opened) => Effect.sync(opened.close))
