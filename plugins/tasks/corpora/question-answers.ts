import {
  collectionTask,
  equalTo,
  partly,
  right,
  type Score,
  type Split,
  type Task,
  TaskError,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readText } from "./read-text.ts"
import { trainingPart } from "./split-text.ts"

/** The config of `@parade/question-answers`. */
export interface QuestionAnswersConfig {
  readonly source: string
  readonly question: string
  readonly answer: string
  readonly finalAfter: string
  readonly calculations: boolean
}

const word = (fallback: string, description: string) =>
  Schema.NonEmptyString.annotate({ description, default: fallback }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
  )

/** The schema of the config. */
export const QuestionAnswersConfig: Schema.Codec<QuestionAnswersConfig, unknown> = Schema.Struct({
  source: Schema.NonEmptyString.annotate({ description: "A file of one JSON object per line." }),
  question: word("question", "The key of the question."),
  answer: word("answer", "The key of the answer."),
  finalAfter: word("####", "What precedes the final answer, which alone decides what is right."),
  calculations: Schema.Boolean.annotate({
    description: "Whether calculations in << >> stay in the answers.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
})

interface Pair {
  readonly line: number
  readonly question: string
  readonly answer: string
}

const badLine = (config: QuestionAnswersConfig, line: number, message: string, cause?: unknown): TaskError =>
  new TaskError({
    code: "task.bad-line",
    message,
    advice: `Each line is a JSON object with texts under ${JSON.stringify(config.question)} and ${JSON.stringify(config.answer)}.`,
    path: `${config.source}:${line}`,
    cause,
  })

const readPair = (text: string, line: number, config: QuestionAnswersConfig): Pair => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw badLine(config, line, "This line is not JSON.", cause)
  }
  const record = (typeof value === "object" ? value : null) as Readonly<Record<string, unknown>> | null
  const [question, answer] = [config.question, config.answer].map((key) => {
    const found = record !== null && Object.hasOwn(record, key) ? record[key] : undefined
    if (typeof found !== "string" || found.trim() === "")
      throw badLine(config, line, `This line has no text under ${JSON.stringify(key)}.`)
    return found.trim()
  }) as [string, string]
  return { line, question, answer: config.calculations ? answer : answer.replaceAll(/<<[^<>]*>>/g, "") }
}

/** A final answer as it is compared: a number without its ornaments, or the text. */
const final = (text: string, marker: string): string | undefined => {
  const at = text.lastIndexOf(marker)
  if (at < 0)
    return text
      .match(/-?\d[\d,]*(\.\d+)?/g)
      ?.at(-1)
      ?.replaceAll(",", "")
  const said = text
    .slice(at + marker.length)
    .trim()
    .split("\n")[0]!
  return said.replaceAll(/[,$]|\.$/g, "")
}

const scorer = (answer: string, marker: string): ((text: string) => Score) => {
  if (!answer.includes(marker)) return equalTo(answer)
  const expected = final(answer, marker)
  return (text) => (final(text, marker) === expected ? right(text === answer) : partly(0))
}

/** Questions as they are compared: another space or case makes no other question. */
const keyOf = (question: string): string => question.toLowerCase().split(/\s+/).join(" ")

/** The pairs of a text in two by position, each question once. */
const splitPairs = (
  text: string,
  config: QuestionAnswersConfig,
): Readonly<Record<Split, readonly Pair[]>> => {
  const seen = new Set<string>()
  const pairs = text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [readPair(line, index + 1, config)]))
  const border = trainingPart(pairs.length)
  const fresh = ({ question }: Pair): boolean => seen.size < seen.add(keyOf(question)).size
  return { train: pairs.slice(0, border).filter(fresh), test: pairs.slice(border).filter(fresh) }
}

/** The questions of a file as a task, its path from a folder where it is relative. */
export const questionAnswersTask = (
  config: QuestionAnswersConfig,
  base = "",
): Effect.Effect<Task, TaskError> =>
  Effect.gen(function* () {
    const text = yield* readText(config.source, base)
    const pairs = yield* Effect.try({
      try: () => splitPairs(text, config),
      catch: (error) => error as TaskError,
    })
    if (pairs.train.length === 0 || pairs.test.length === 0)
      return yield* Effect.fail(
        new TaskError({
          code: "task.too-short",
          message: "There are too few questions for two splits.",
          advice: "Take a file with more lines.",
          path: config.source,
        }),
      )
    return collectionTask({
      name: "@parade/question-answers",
      description: `questions and answers of ${config.source.split(/[/\\]/).at(-1)!}${config.calculations ? " with calculations" : ""}`,
      category: "questions",
      size: { train: pairs.train.length, test: pairs.test.length },
      at(split, place) {
        const { line, question, answer } = pairs[split][place]!
        return {
          instance: `line ${line}`,
          prompt: `${question}\n`,
          answer,
          score: scorer(answer, config.finalAfter),
        }
      },
    })
  })
