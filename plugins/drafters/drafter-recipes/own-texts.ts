import { join } from "node:path"
import type { CacheFactory, Model, ParadeError } from "@parade/core"
import { type KeptTexts, keptTexts, type ModelText, RecipeError, taskPrompts } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** Which texts of a model are taken. */
export interface OwnTextSettings {
  /** The folder they are kept in, so that several recipes learn from the same; by default one of the training's own. */
  readonly texts?: string | undefined
  readonly prompts: number
  readonly heldOutPrompts: number
  readonly promptLength: number
  readonly continuation: number
  /** Tokens of a text that are learnt from, at most; longer ones lose their end. All by default. */
  readonly textLength?: number | undefined
  readonly chat: number
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

/** Tokens of a text that is learnt from, at most. */
export const longestText = ({
  promptLength,
  continuation,
  textLength,
}: Pick<OwnTextSettings, "promptLength" | "continuation" | "textLength">): number =>
  Math.min(promptLength + continuation, textLength ?? Infinity)

const shortened = (text: ModelText, length: number): ModelText =>
  text.tokens.length <= length
    ? text
    : {
        ...text,
        tokens: text.tokens.subarray(0, length),
        states: (from = 0, to = length - 1) => text.states(from, to),
      }

/**
 * A model's own continuations of the prompts of tasks, to train on and held out, kept in the folder as they come. Fails with
 * `recipe.short-answers` where one of them has none.
 */
export const ownTexts = (
  folder: string,
  model: Model,
  { tasks, cache }: TextParts,
  settings: OwnTextSettings,
  choice: OwnTextChoice,
): Effect.Effect<KeptTexts, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { texts, promptLength: length, continuation, prompts, heldOutPrompts, chat, seed } = settings
    const { tooShort, ...read } = choice
    const asked = (split: "train" | "test", count: number) =>
      taskPrompts(model, tasks, { split, seed, count, length, chat })
    const kept = yield* keptTexts(texts ?? join(folder, "texts"), {
      model,
      cache,
      choice: { continuation, ...read },
      prompts: { train: yield* asked("train", prompts), heldOut: yield* asked("test", heldOutPrompts) },
    })
    const longest = longestText(settings)
    const shorter = (some: readonly ModelText[]): readonly ModelText[] =>
      some
        .map((text) => shortened(text, longest))
        .filter(({ tokens, from }) => tokens.length - from >= choice.least)
    const [train, heldOut] = [shorter(kept.train), shorter(kept.heldOut)]
    for (const [some, count] of [
      [train, prompts],
      [heldOut, heldOutPrompts],
    ] as const)
      if (some.length === 0)
        return yield* Effect.fail(
          new RecipeError({
            code: "recipe.short-answers",
            message: `${model.info.name} continues none of ${count} prompts by more than ${tooShort.than}.`,
            advice: tooShort.advice,
          }),
        )
    // What is left of the texts decides what is learnt as much as they do.
    const source = settings.textLength === undefined ? kept.source : `${kept.source}, ${longest}`
    return { train, heldOut, source }
  })
