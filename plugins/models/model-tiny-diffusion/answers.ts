import {
  type CacheFactory,
  collectText,
  decodeText,
  type Model,
  type ParadeError,
  type Sampler,
} from "@parade/core"
import type { Refresh, Schedule, Unmasker } from "@parade/denoising"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { numberedNames, taskAccuracy } from "@parade/model-recipes"
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
  Effect.gen(function* () {
    const { count, seed, canvas: maxTokens } = options
    const { unmaskers, ...others } = parts
    const names = ruleNames(unmaskers)
    const figures: Record<string, number> = {}
    for (const [index, unmasker] of unmaskers.entries()) {
      const decoder = maskedDiffusion({ model, unmasker, ...others })
      for (const { name, task } of tasks) {
        const key = `${names[index]!}.${name}`
        let [tokens, forwards] = [0, 0]
        const accuracies = yield* taskAccuracy(task, { name: key, count, seed }, ({ prompt }) =>
          Effect.map(
            collectText(decodeText(decoder, [{ role: "user", content: prompt.trim() }], { maxTokens, seed })),
            ({ text, stats }) => {
              tokens += stats.tokens
              forwards += stats.forwards
              return text
            },
          ),
        )
        Object.assign(figures, accuracies, { [`tokensPerForward.${key}`]: tokens / forwards })
      }
    }
    return figures
  })
