import { collectText, type Decoder, decodeText, type ParadeError } from "@parade/core"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { taskAccuracy } from "./answers.ts"

/** A decoder by the name under which its figures are told. */
export interface NamedDecoder {
  readonly name: string
  readonly decoder: Decoder
}

/**
 * Shares of held-out examples that each decoder answers correctly, `accuracy.<decoder>.<task>` and by category, and per
 * task the tokens of an answer it commits per forward, `tokensPerForward.<decoder>.<task>`.
 */
export const decoderFigures = (
  decoders: readonly NamedDecoder[],
  tasks: readonly { readonly name: string; readonly task: Task }[],
  options: { readonly count: number; readonly seed: number; readonly maxTokens: number },
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.gen(function* () {
    const { count, seed, maxTokens } = options
    const figures: Record<string, number> = {}
    for (const { name: rule, decoder } of decoders)
      for (const { name, task } of tasks) {
        const key = `${rule}.${name}`
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
    return figures
  })
