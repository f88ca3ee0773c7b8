import { createHash } from "node:crypto"
import type { CacheFactory, Model, ParadeError } from "@parade/core"
import { collectTexts, RecipeError, type SplitTexts, taskPrompts } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"

/** Which texts of a model are taken. */
export interface OwnTextSettings {
  readonly prompts: number
  readonly heldOutPrompts: number
  readonly promptLength: number
  readonly continuation: number
  readonly seed: number
}

/** Where the texts come from. */
export interface TextParts {
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

/** What of the texts is used. */
export interface OwnTextChoice {
  /** Continuations of fewer tokens are left out. */
  readonly least: number
  /** An output of the model that is read at every row. */
  readonly output?: string
  /** Says that there is none: what a continuation has to be longer than, and what to do. */
  readonly tooShort: { readonly than: string; readonly advice: string }
}

/** A model's own continuations of the prompts of tasks, to train on and held out. Fails with `recipe.short-answers` where one of them has none. */
export const ownTexts = (
  model: Model,
  { tasks, cache }: TextParts,
  { seed, promptLength: length, continuation, prompts, heldOutPrompts }: OwnTextSettings,
  { tooShort, ...choice }: OwnTextChoice,
): Effect.Effect<SplitTexts, ParadeError> =>
  Effect.gen(function* () {
    const texts = (split: "train" | "test", count: number) =>
      Effect.gen(function* () {
        const asked = yield* taskPrompts(model, tasks, { split, seed, count, length })
        const found = yield* collectTexts(model, cache, asked, { continuation, ...choice })
        return found.length > 0
          ? found
          : yield* Effect.fail(
              new RecipeError({
                code: "recipe.short-answers",
                message: `${model.info.name} continues none of ${asked.length} prompts by more than ${tooShort.than}.`,
                advice: tooShort.advice,
              }),
            )
      })
    return { train: yield* texts("train", prompts), heldOut: yield* texts("test", heldOutPrompts) }
  })

/** Names what decides texts and the states read of them: the model, the tasks, and the numbers that choose. */
export const textsSource = (
  model: string,
  tasks: readonly Task[],
  decisive: readonly (number | string)[],
): string => {
  const all = [decisive, model, tasks.map((task) => [task.name, task.description, task.size])]
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16)
}
