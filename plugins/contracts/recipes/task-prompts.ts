import { type Model, uniform } from "@parade/core"
import { promptsOf, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { RecipeError } from "./error.ts"

/** Which prompts are taken. */
export interface TaskPromptChoice {
  readonly split: "train" | "test"
  readonly seed: number
  readonly count: number
  /** Tokens of a prompt, at most; longer ones lose their beginning. */
  readonly length: number
  /** The share of prompts that are put as conversations, where the model has such a format. Default 0.5. */
  readonly chat?: number
}

/**
 * The tokens of prompts from all tasks in turns, a share of them as conversations where the model has such a format; those
 * that are empty are left out. Fails with `recipe.no-tokenizer` and `recipe.empty-prompts`.
 */
export const taskPrompts = (
  { info, tokenizer }: Pick<Model, "info" | "tokenizer">,
  tasks: readonly Task[],
  { split, seed, count, length, chat = 0.5 }: TaskPromptChoice,
): Effect.Effect<readonly Int32Array[], RecipeError> =>
  Effect.gen(function* () {
    if (tokenizer === undefined)
      return yield* Effect.fail(
        new RecipeError({
          code: "recipe.no-tokenizer",
          message: `${info.name} has no tokenizer to read prompts with.`,
          advice: "Train for a model that has one.",
        }),
      )
    const prompts: Int32Array[] = []
    const each = Math.ceil(count / tasks.length)
    const streams = tasks.map((task) => promptsOf(task, { split, seed, count: each }))
    for (let i = 0; i < each * tasks.length && prompts.length < count; i++) {
      const prompt = streams[i % tasks.length]![Math.floor(i / tasks.length)]!
      const asText = tokenizer.encode(prompt.text)
      const asChat = Effect.map(tokenizer.applyChatTemplate(prompt.messages), (text) =>
        tokenizer.encode(text, { addSpecialTokens: false }),
      )
      const tokens =
        uniform(seed, "noise", i, 5) < 1 - chat ? asText : yield* Effect.orElseSucceed(asChat, () => asText)
      // Text windows are longer than a prompt need be.
      if (tokens.length > 0) prompts.push(tokens.slice(-length))
    }
    if (prompts.length === 0)
      return yield* Effect.fail(
        new RecipeError({
          code: "recipe.empty-prompts",
          message: "The prompts of the tasks are empty.",
          advice: "Name a task whose exercises ask something, or a text that is longer.",
        }),
      )
    return prompts
  })
