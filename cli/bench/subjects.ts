import {
  type BuildPart,
  buildTogether,
  CacheKind,
  type CacheFactory,
  type Decoder,
  type PipelineError,
  validate,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { openRegistry } from "../load-plugins.ts"

/** What a bench composes: all its pipelines at once, so that equal weights are loaded once and shared. */
export interface Subjects {
  readonly decoders: readonly Decoder[]
  /** What holds the rows when a margin is looked up. */
  readonly cache: CacheFactory
}

/** Makes the pipelines of a bench run. */
export const openSubjects = (parts: readonly BuildPart[]): Effect.Effect<Subjects, PipelineError, Scope> =>
  Effect.gen(function* () {
    const base = process.cwd()
    const plan = yield* validate(CacheKind, { use: "@parade/contiguous" }, openRegistry(base))
    const made = yield* buildTogether([...parts, { plan, base }])
    // The plans were checked to have decoders at their roots, and a cache at the last one.
    return { decoders: made.slice(0, -1) as readonly Decoder[], cache: made.at(-1) as CacheFactory }
  })
