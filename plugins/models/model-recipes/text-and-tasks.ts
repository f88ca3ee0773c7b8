import { basename, extname, resolve } from "node:path"
import { bareName, type WeightsError } from "@parade/core"
import { splitText } from "@parade/corpora"
import { chatTemplate, chatTokens, type Encode, type RecipeError } from "@parade/recipes"
import { examples, type Task } from "@parade/tasks"
import { readTexts, saveTokenizer, trainTokenizer, type TrainingError } from "@parade/training"
import type { CheckpointTokenizer } from "@parade/weights"
import * as Effect from "effect/Effect"

/** A text and tasks by name, in the tokens of a vocabulary that was learnt from both. */
export interface TextAndTasks {
  readonly tokenizer: CheckpointTokenizer
  readonly encode: Encode
  /** The text, and its part that is never trained on. */
  readonly text: { readonly name: string; readonly train: Int32Array; readonly heldOut: Int32Array }
  readonly tasks: readonly { readonly name: string; readonly task: Task }[]
}

export interface TextAndTasksOptions {
  /** A file of running text, relative to `base`. */
  readonly text: string
  readonly base: string
  readonly tasks: readonly Task[]
  readonly seed: number
  /** Tokens in all. */
  readonly vocabulary: number
  /** The tokenizer's files are written here. */
  readonly folder: string
  /** The special token that stands for what is to be filled in, where the model has one. */
  readonly maskToken?: string
  /** Characters that are tokens of their own whatever stands beside them. */
  readonly isolated?: readonly string[]
}

/** Examples of each task that the tokenizer learns from. */
const tokenizerExamples = 2000

const sampleTexts = (tasks: readonly Task[], seed: number): readonly string[] =>
  tasks.flatMap((task) => {
    const count = Math.min(tokenizerExamples, task.size?.train ?? Infinity)
    return Array.from(
      examples(task, { split: "train", seed, count }),
      ({ prompt, answer }) => `${prompt}${answer}\n`,
    )
  })

/** Names, each with a number where it has come before. */
export const numberedNames = (names: readonly string[]): readonly string[] =>
  names.map((name, i) => {
    const earlier = names.slice(0, i).filter((other) => other === name).length
    return earlier === 0 ? name : `${name}-${earlier + 1}`
  })

/** Reads the text, learns the tokenizer of text and tasks, and writes it to the folder. */
export const readTextAndTasks = (
  options: TextAndTasksOptions,
): Effect.Effect<TextAndTasks, TrainingError | WeightsError | RecipeError> =>
  Effect.gen(function* () {
    const { tasks, seed, maskToken, isolated = [] } = options
    const path = resolve(options.base, options.text)
    const parts = splitText((yield* readTexts(path)).join("\n"))
    const special = maskToken === undefined ? chatTokens : [...chatTokens, maskToken]
    const file = trainTokenizer([parts.train, ...sampleTexts(tasks, seed)], {
      vocabularySize: options.vocabulary,
      special,
      isolated,
    })
    const extras = {
      endToken: chatTokens[0]!,
      chatTemplate,
      ...(maskToken === undefined ? {} : { maskToken }),
    }
    const tokenizer = yield* saveTokenizer(options.folder, file, extras)
    const encode: Encode = (some) =>
      tokenizer.encode(some, { addSpecialTokens: false, parseSpecialTokens: false })
    const names = numberedNames(tasks.map(({ name }) => bareName(name)))
    return {
      tokenizer,
      encode,
      text: {
        name: basename(path, extname(path)),
        train: Int32Array.from(encode(parts.train)),
        heldOut: Int32Array.from(encode(parts.test)),
      },
      tasks: tasks.map((task, i) => ({ name: names[i]!, task })),
    }
  })
