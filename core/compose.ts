import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { build } from "./build.ts"
import type { Decoder } from "./decoder.ts"
import { DecoderKind, type Kind } from "./kind.ts"
import type { PipelineError } from "./pipeline-error.ts"
import type { Registry } from "./registry.ts"
import { validate } from "./validate.ts"

/** What composition needs beside the pipeline. */
export interface ComposeOptions {
  readonly registry: Registry
  /** The folder that relative paths in configs start from; the current one when left out. */
  readonly base?: string
}

/** Like {@link compose}, for a pipeline whose root is a plugin of any kind. */
export const composeAs = <A>(
  kind: Kind<A>,
  source: unknown,
  options: ComposeOptions,
): Effect.Effect<A, PipelineError, Scope> =>
  // The root is of the kind, so what its plugin makes is an `A`.
  Effect.flatMap(validate(kind, source, options.registry), (plan) =>
    build(plan, options.base ?? ""),
  ) as Effect.Effect<A, PipelineError, Scope>

/**
 * Turns a pipeline, as JSON text or as the value, into a running decoder, or into one error with every mistake in it.
 * What the plugins acquire is released when the scope closes, in reverse order; at once where composing fails.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { compose, registryOf } from "@parade/core"
 *
 * const program = compose({ use: "@parade/autoregresive" }, { registry: registryOf([]) }).pipe(
 *   Effect.catchTag("PipelineError", (error) => Effect.succeed(error.describe())),
 *   Effect.scoped,
 * )
 * ```
 */
export const compose = (
  source: unknown,
  options: ComposeOptions,
): Effect.Effect<Decoder, PipelineError, Scope> => composeAs(DecoderKind, source, options)
