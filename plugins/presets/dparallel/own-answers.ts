import { collectText, type Decoder, type ParadeError, reportProgress } from "@parade/core"
import { chatPrompt, type Encode, endToken } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { OwnAnswer } from "./certainty-loss.ts"

/**
 * What the decoder answers to the first `count` questions of a split, where that is right, filled up to `canvas` with end
 * tokens.
 */
export const ownAnswers = (
  task: Task,
  split: Split,
  count: number,
  options: {
    readonly decoder: Decoder
    readonly encode: Encode
    readonly canvas: number
    readonly seed: number
  },
): Effect.Effect<readonly OwnAnswer[], ParadeError> =>
  Effect.gen(function* () {
    const { decoder, encode, canvas, seed } = options
    const found: OwnAnswer[] = []
    for (let i = 0; i < count; i++) {
      yield* Effect.yieldNow
      const example = task.example(split, i, seed)
      const prompt = chatPrompt(example.prompt, encode)
      const { text, tokens } = yield* collectText(
        decoder.decode({ prompt: [{ tokens: prompt }], target: { kind: "canvas", length: canvas }, seed }),
      )
      if (example.score(text).correct) {
        const answer = Array.from({ length: canvas }, (_, place) => tokens[place] ?? endToken)
        found.push({ prompt, answer })
      }
      yield* reportProgress({ task: `Answering ${task.name}`, done: i + 1, total: count, unit: "steps" })
    }
    return found
  })
