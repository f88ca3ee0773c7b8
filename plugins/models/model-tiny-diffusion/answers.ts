import type { CacheFactory, Model, ParadeError, Sampler } from "@parade/core"
import type { Refresh, Schedule, Unmasker } from "@parade/denoising"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { decoderFigures, numberedNames } from "@parade/model-recipes"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"

/** What the model is decoded with in the end. */
export interface DecodingParts {
  /** Compared with each other. */
  readonly unmaskers: readonly Unmasker[]
  readonly schedule: Schedule
  readonly refresh: Refresh
  readonly sampler: Sampler
  readonly cache: CacheFactory
}

/** The names under which unmaskers are compared. */
export const ruleNames = (unmaskers: readonly Unmasker[]): readonly string[] =>
  numberedNames(unmaskers.map(({ name }) => name))

/**
 * Shares of held-out examples that each rule answers correctly, `accuracy.<rule>.<task>` and by category, and the tokens
 * of an answer it commits per forward, `tokensPerForward.<rule>.<task>`.
 */
export const ruleFigures = (
  model: Model,
  parts: DecodingParts,
  tasks: readonly { readonly name: string; readonly task: Task }[],
  options: { readonly count: number; readonly seed: number; readonly canvas: number },
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.suspend(() => {
    const { count, seed, canvas: maxTokens } = options
    const { unmaskers, ...others } = parts
    const names = ruleNames(unmaskers)
    const decoders = unmaskers.map((unmasker, index) => ({
      name: names[index]!,
      decoder: maskedDiffusion({ model, unmasker, ...others }),
    }))
    return decoderFigures(decoders, tasks, { count, seed, maxTokens })
  })
