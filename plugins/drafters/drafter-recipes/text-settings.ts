import { resolve } from "node:path"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"
import type { OwnTextSettings } from "./own-texts.ts"

type Integer = ReturnType<typeof integerSetting>

/** The keys of {@link OwnTextSettings} as fields of a schema. */
export interface TextFields {
  readonly texts: Schema.optionalKey<typeof Schema.NonEmptyString>
  readonly prompts: Integer
  readonly heldOutPrompts: Integer
  readonly promptLength: Integer
  readonly continuation: Integer
  readonly textLength: Schema.optionalKey<Schema.Int>
  readonly chat: Schema.Codec<number, unknown>
  readonly seed: Integer
}

/** The settings of a recipe that say which texts of a model it learns from, with its defaults. */
export const textFields = (
  defaults: Readonly<Record<"prompts" | "heldOutPrompts" | "promptLength" | "continuation", number>>,
): TextFields => {
  const { prompts, heldOutPrompts, promptLength, continuation } = defaults
  return {
    texts: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "The folder the texts are kept in, so that several recipes learn from the same; by default one of the training's own.",
      }),
    ),
    prompts: integerSetting(1, 1_000_000, prompts, "Prompts the model continues to train on."),
    heldOutPrompts: integerSetting(1, 100_000, heldOutPrompts, "Prompts that are only judged by."),
    promptLength: integerSetting(
      2,
      8192,
      promptLength,
      "Tokens of a prompt, at most; longer ones lose their beginning.",
    ),
    continuation: integerSetting(2, 8192, continuation, "Tokens of a continuation, at most."),
    textLength: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 16384 })).annotate({
        description:
          "Tokens of a text that are learnt from, at most; longer ones lose their end. By default a prompt and its continuation.",
      }),
    ),
    chat: numberSetting(
      0,
      1,
      0.5,
      "The share of prompts that are put as conversations, where the model has such a format.",
    ),
    seed: integerSetting(0, 0xffffffff, 0, "Same seed, same bytes."),
  }
}

/** Settings whose folder of texts was named seen from `base`. */
export const fromBase = <A extends Pick<OwnTextSettings, "texts">>(settings: A, base: string): A =>
  settings.texts === undefined ? settings : { ...settings, texts: resolve(base, settings.texts) }
