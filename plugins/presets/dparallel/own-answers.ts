import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { collectText, type Decoder, type ParadeError, reportProgress } from "@parade/core"
import { chatPrompt, type Encode, endToken } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"
import { writeWhole } from "@parade/training"
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

/** Answers by task, given once and kept in `answers.json` of the folder for as long as `decisive` is the same. */
export const keptAnswers = <E extends ParadeError>(
  folder: string,
  decisive: unknown,
  give: Effect.Effect<readonly (readonly OwnAnswer[])[], E>,
): Effect.Effect<readonly (readonly OwnAnswer[])[], E | ParadeError> =>
  Effect.suspend((): Effect.Effect<readonly (readonly OwnAnswer[])[], E | ParadeError> => {
    const key = createHash("sha256").update(JSON.stringify(decisive)).digest("hex")
    const path = join(folder, "answers.json")
    if (existsSync(path)) {
      const kept = JSON.parse(readFileSync(path, "utf8")) as {
        readonly key: string
        readonly answers: readonly (readonly OwnAnswer[])[]
      }
      if (kept.key === key) return Effect.succeed(kept.answers)
    }
    return Effect.tap(give, (answers) => writeWhole(path, JSON.stringify({ key, answers })))
  })
