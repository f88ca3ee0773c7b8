import { basename, extname, resolve } from "node:path"
import { bareName, type WeightsError } from "@parade/core"
import { splitText } from "@parade/corpora"
import type { Encode, RecipeError, TokenSource } from "@parade/recipes"
import { asChat, chatTemplate, chatTokens, exerciseTokens, streamSource, taskSource } from "@parade/recipes"
import { examples, type Task } from "@parade/tasks"
import type { TrainingError } from "@parade/training"
import { packTokens, readTexts, saveTokenizer, trainTokenizer } from "@parade/training"
import type { CheckpointTokenizer } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"

/** What the model is trained on and judged by. */
export interface TinyTextData {
  readonly tokenizer: CheckpointTokenizer
  readonly encode: Encode
  /** The text, then the tasks. */
  readonly sources: readonly TokenSource[]
  /** What a model that counts may count of each source: all there is, or as much as `countedTokens`. */
  readonly counted: readonly (() => Int32Array)[]
}

/** Examples of each task that the tokenizer learns from. */
const tokenizerExamples = 2000

/** Tokens of a task without end that the baseline counts. */
const countedTokens = 500_000

/** Solved examples of a task as one stream of tokens: each once where they are counted. */
const exerciseStream = (task: Task, encode: Encode, seed: number): Int32Array => {
  const size = task.size?.train
  const count = size ?? Infinity
  const most = size === undefined ? countedTokens : Infinity
  const texts = function* (): Generator<readonly number[]> {
    let total = 0
    for (let i = 0; i < count && total < most; i++) {
      const tokens = exerciseTokens(task.example("train", i, seed), encode, asChat(seed, i))
      total += tokens.length
      yield tokens
    }
  }
  return packTokens(texts())
}

const sampleTexts = (tasks: readonly Task[], seed: number): readonly string[] =>
  tasks.flatMap((task) => {
    const count = Math.min(tokenizerExamples, task.size?.train ?? Infinity)
    return Array.from(
      examples(task, { split: "train", seed, count }),
      ({ prompt, answer }) => `${prompt}${answer}\n`,
    )
  })

/** Names without a scope; one that comes again has a number. */
const taskNames = (tasks: readonly Task[]): readonly string[] => {
  const names = tasks.map(({ name }) => bareName(name))
  return names.map((name, i) => {
    const earlier = names.slice(0, i).filter((other) => other === name).length
    return earlier === 0 ? name : `${name}-${earlier + 1}`
  })
}

/** Reads the text, learns the tokenizer of text and tasks, writes it to the folder, and makes the sources. */
export const prepareData = (
  config: TinyTextConfig,
  tasks: readonly Task[],
  { base, folder }: { readonly base: string; readonly folder: string },
): Effect.Effect<TinyTextData, TrainingError | WeightsError | RecipeError> =>
  Effect.gen(function* () {
    const { seed, length } = config
    const path = resolve(base, config.text)
    const text = (yield* readTexts(path)).join("\n")
    const parts = splitText(text)
    const file = trainTokenizer([parts.train, ...sampleTexts(tasks, seed)], {
      vocabularySize: config.vocabulary,
      special: chatTokens,
    })
    const tokenizer = yield* saveTokenizer(folder, file, { endToken: chatTokens[0]!, chatTemplate })
    const options = { addSpecialTokens: false, parseSpecialTokens: false }
    const encode: Encode = (some) => tokenizer.encode(some, options)
    const [train, heldOut] = [Int32Array.from(encode(parts.train)), Int32Array.from(encode(parts.test))]
    const names = taskNames(tasks)
    const sources = yield* Effect.try({
      try: (): readonly TokenSource[] => [
        streamSource({ name: basename(path, extname(path)), train, heldOut, length, seed }),
        ...tasks.map((task, i) => taskSource({ name: names[i]!, task, encode, length, seed })),
      ],
      catch: (cause) => cause as TrainingError,
    })
    const counted = [() => train, ...tasks.map((task) => () => exerciseStream(task, encode, seed))]
    return { tokenizer, encode, sources, counted }
  })
