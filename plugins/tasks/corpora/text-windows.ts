import { collectionTask, equalTo, integerSetting, type Split, type Task, TaskError } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readText } from "./read-text.ts"
import { isLowSurrogate, splitText } from "./split-text.ts"

/** The config of `@parade/text-windows`. */
export interface TextWindowsConfig {
  readonly source: string
  readonly promptCharacters: number
  readonly answerCharacters: number
}

/** The schema of the config. */
export const TextWindowsConfig: Schema.Codec<TextWindowsConfig, unknown> = Schema.Struct({
  source: Schema.NonEmptyString.annotate({ description: "A file of text in UTF-8." }),
  promptCharacters: integerSetting(1, 1_000_000, 256, "Characters of a prompt, about: words stay whole."),
  answerCharacters: integerSetting(1, 1_000_000, 128, "Characters of what follows it, about."),
})

/** A word longer than this is cut. */
const longestWord = 64

const isSpace = (text: string, index: number): boolean => /\s/.test(text[index]!)

/** The first end of a word at or after an index; the index itself within a very long one. */
const wordEnd = (text: string, index: number): number => {
  for (let i = index; i < Math.min(index + longestWord, text.length); i++) if (isSpace(text, i)) return i
  return isLowSurrogate(text, index) ? index + 1 : index
}

/** Where words begin from which a window fits. */
const windowStarts = (text: string, characters: number): Int32Array => {
  const starts: number[] = []
  for (const { index } of text.matchAll(/\S+/g)) {
    if (index + characters > text.length) break
    starts.push(index)
  }
  return Int32Array.from(starts)
}

/** Windows of a text: what comes first is the prompt, what follows is the answer. */
export const windowsOf = (text: string, config: Omit<TextWindowsConfig, "source">): Task | undefined => {
  const { promptCharacters, answerCharacters } = config
  const texts = splitText(text)
  const characters = promptCharacters + answerCharacters + 2 * longestWord
  const starts: Readonly<Record<Split, Int32Array>> = {
    train: windowStarts(texts.train, characters),
    test: windowStarts(texts.test, characters),
  }
  if (starts.train.length === 0 || starts.test.length === 0) return undefined
  return collectionTask({
    name: "@parade/text-windows",
    description: `${answerCharacters} characters after ${promptCharacters} of a text`,
    category: "text",
    size: { train: starts.train.length, test: starts.test.length },
    at(split, place) {
      const start = starts[split][place]!
      const middle = wordEnd(texts[split], start + promptCharacters)
      // One further, so that the answer is more than the space it begins with.
      const end = wordEnd(texts[split], middle + Math.max(2, answerCharacters))
      const answer = texts[split].slice(middle, end)
      return {
        instance: `${split} ${start}`,
        prompt: texts[split].slice(start, middle),
        answer,
        score: equalTo(answer),
      }
    },
  })
}

/** The windows of a file as a task, its path from a folder where it is relative. */
export const textWindowsTask = (config: TextWindowsConfig, base = ""): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(readText(config.source, base), (text) => {
    const task = windowsOf(text, config)
    return task === undefined
      ? Effect.fail(
          new TaskError({
            code: "task.too-short",
            message: `A text of ${text.length} characters has no window of this size in its last tenth.`,
            advice: "Make the windows smaller, or take a longer text.",
            path: config.source,
          }),
        )
      : Effect.succeed(task)
  })
