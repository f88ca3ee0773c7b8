import { test } from "node:test"
import {
  type AnswerSpace,
  type Draws,
  type Example,
  generatedTask,
  partly,
  right,
  type Score,
  sharedPlaces,
  type Task,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import { taskSuite } from "../mod.ts"
import { assertCaught } from "./_broken.ts"

/** Four digits, to be put into ascending or descending order. */
const ordered = (draws: Draws) => {
  const digits = draws.distinct(4, 10).map(String)
  const answers = [digits.toSorted(), digits.toSorted().reverse()]
  return {
    instance: digits.toSorted().join(""),
    render: () => {
      const answer = draws.pick(answers).join(" ")
      return {
        prompt: `order ${digits.join(" ")}\n`,
        answer,
        score: (text: string): Score => {
          const given = text.trim().split(" ")
          const share = Math.max(...answers.map((one) => sharedPlaces(one, given)))
          return share === 1 ? right(text === given.join(" ")) : partly(share)
        },
        space: (): AnswerSpace => ({
          slots: [0, 2, 4, 6].map((start) => ({ start, end: start + 1 })),
          answers: 2,
          entropy: 1,
          correlation: 3,
          enumerate: () => answers,
        }),
      }
    },
  }
}

const sound = Effect.runSync(
  generatedTask({ name: "ordered", description: "digits in order", categories: { a: ordered, b: ordered } }),
)

taskSuite(test, Effect.succeed(sound))

const catches = (what: string, broken: Task, sentence: string): void => {
  test(`the task suite catches ${what}`, () =>
    assertCaught((collect) => taskSuite(collect, Effect.succeed(broken)), sentence))
}

/** The sound task with its examples changed. */
const changed = (
  change: (example: Example, place: { readonly index: number }) => Partial<Example>,
): Task => ({
  ...sound,
  example: (split, index, seed) => {
    const example = sound.example(split, index, seed)
    return { ...example, ...change(example, { index }) }
  },
})

const withSpace = (change: (space: AnswerSpace) => Partial<AnswerSpace>): Task =>
  changed(({ space }) => ({ space: () => ({ ...space!(), ...change(space!()) }) }))

const turns = "has a name, a description and categories"
catches(
  "a category that is not declared",
  changed(() => ({ category: "c" })),
  turns,
)
catches(
  "categories out of turn",
  changed((_, { index }) => ({ category: index < 3 ? "a" : "b" })),
  turns,
)

const wellFormed = "gives every example an id of its own"
catches(
  "an id that forgets the index",
  changed(({ category }) => ({ id: category })),
  wellFormed,
)
catches(
  "an empty prompt",
  changed(() => ({ prompt: "" })),
  wellFormed,
)
catches(
  "half a character",
  changed(() => ({ prompt: "\uD83D" })),
  wellFormed,
)

catches(
  "a generator that goes on from where it was",
  (() => {
    let calls = 0
    return {
      ...sound,
      example: (split, index, seed) => ({ ...sound.example(split, calls++, seed), id: `${index}` }),
    }
  })(),
  "gives the same example for the same place",
)

const others = "gives other examples for another index and another seed"
catches(
  "a seed that is ignored",
  { ...sound, example: (split, index) => sound.example(split, index, 0) },
  others,
)
catches(
  "an index that is ignored",
  { ...sound, example: (split, index, seed) => sound.example(split, index % 2, seed) },
  others,
)

const apart = "never has an instance or a prompt in both splits"
catches(
  "one split for both",
  { ...sound, example: (_, index, seed) => sound.example("train", index, seed) },
  apart,
)
catches(
  "splits by the seed",
  {
    ...sound,
    example: (split, index, seed) =>
      sound.example("train", index, 2 * (seed % 1000) + (split === "test" ? 1 : 0)),
  },
  apart,
)
catches(
  "the same prompt under two names",
  changed(({ instance, prompt }) => ({ instance: `${instance} ${prompt}`, prompt: "order them\n" })),
  apart,
)

const rounds = "goes through all its examples before any comes again, then in another order"
catches("examples that come again too soon", { ...sound, size: { train: 10_000, test: 10_000 } }, rounds)
catches(
  "the same order every time",
  {
    ...sound,
    size: { train: 20, test: 20 },
    example: (split, index) => ({ ...sound.example(split, 0, 0), instance: `${split} ${index % 20}` }),
  },
  rounds,
)

const own = "scores its own answers as right"
catches(
  "a wrong answer stored",
  changed(({ answer }) => ({ answer: answer.slice(2) })),
  own,
)
catches(
  "a scorer that minds the space around",
  changed(({ score, answer }) => ({
    score: (text) => (text === answer ? score(text) : partly(0)),
  })),
  own,
)
catches(
  "an answer that is not strict itself",
  changed(() => ({ score: () => right(false) })),
  own,
)

const consistent = "gives scores that are consistent"
catches(
  "a share above 1",
  changed(() => ({ score: () => ({ correct: false, partial: 1.2, strict: false }) })),
  consistent,
)
catches(
  "wholly right and yet wrong",
  changed(() => ({ score: () => ({ correct: false, partial: 1, strict: false }) })),
  consistent,
)
catches(
  "strict and yet wrong",
  changed(() => ({ score: () => ({ correct: false, partial: 0, strict: true }) })),
  consistent,
)

catches(
  "a scorer that always agrees",
  changed(() => ({ score: () => right(true) })),
  "scores nothing and noise as wrong",
)

const corrupted = "scores corrupted answers lower"
catches(
  "a scorer that always agrees, by mutation",
  changed(() => ({ score: () => right(false) })),
  corrupted,
)
catches(
  "a scorer of lengths",
  changed(({ answer }) => ({ score: (text) => (text.length === answer.length ? right(true) : partly(0)) })),
  corrupted,
)

const account = "accounts for its right answers"
catches(
  "a number of answers that is not listed",
  withSpace(() => ({ answers: 3, entropy: Math.log2(3) })),
  account,
)
catches(
  "an entropy of another number",
  withSpace(() => ({ entropy: 2 })),
  account,
)
catches(
  "an answer listed twice",
  withSpace(({ enumerate }) => ({ enumerate: () => [[...enumerate()][0]!, [...enumerate()][0]!] })),
  account,
)
catches(
  "a listed answer that is wrong",
  withSpace(({ enumerate }) => ({
    enumerate: () => [[...enumerate()][0]!, ["9", "0", "8", "1"]],
  })),
  account,
)
catches(
  "slots in the wrong places",
  withSpace(({ slots }) => ({ slots: slots.toReversed() })),
  account,
)

catches(
  "a correlation that is not that of its answers",
  withSpace(() => ({ correlation: 2 })),
  "states the total correlation",
)

const refuses = "refuses what is no index or no seed"
catches("an index rounded silently", { ...sound, example: (split) => sound.example(split, 0, 0) }, refuses)
catches(
  "an untyped failure",
  {
    ...sound,
    example: (split, index, seed) => {
      if (!Number.isSafeInteger(index + seed) || Math.min(index, seed) < 0) throw new RangeError("bad")
      return sound.example(split, index, seed)
    },
  },
  refuses,
)
