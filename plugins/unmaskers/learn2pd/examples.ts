import { existsSync } from "node:fs"
import { collectText, type Decoder, decodeText, type ParadeError, reportProgress } from "@parade/core"
import type { Unmasker } from "@parade/denoising"
import type { Split, Task } from "@parade/tasks"
import { floatTensor, openSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { type Example, oracle, type OracleRecord } from "./oracle.ts"

/** Examples side by side, row by row `[count, B]`. */
export interface ExampleTable {
  readonly count: number
  readonly block: number
  readonly confidences: Float32Array
  readonly labels: Float32Array
  readonly masked: Float32Array
}

const parts = ["train", "validation", "test"] as const

/** Examples to learn from, those the filter is chosen by, and those that are only judged by. */
export interface SplitExamples extends Readonly<Record<(typeof parts)[number], ExampleTable>> {
  /** What the decodings took that the test examples are from. */
  readonly counts: ReplayCounts
}

const columns = ["confidences", "labels", "masked"] as const

const tableOf = (examples: readonly Example[], block: number): ExampleTable => {
  const table = Object.fromEntries(
    columns.map((column) => {
      const values = new Float32Array(examples.length * block)
      examples.forEach((example, i) => values.set(Float32Array.from(example[column]), i * block))
      return [column, values]
    }),
  ) as unknown as Pick<ExampleTable, (typeof columns)[number]>
  return { count: examples.length, block, ...table }
}

/** What examples are taken from. */
export interface ReplayOptions {
  readonly tasks: readonly Task[]
  readonly seed: number
  /** `B`. */
  readonly block: number
  /** Positions of a canvas. */
  readonly canvas: number
  /** Decodes with a rule: the one that answers are taken from, or an oracle that knows them. */
  readonly decoder: (unmasker: Unmasker) => Decoder
  /** Gives the reference answers: one position per step. */
  readonly rule: Unmasker
}

/** Sums over prompts. */
export interface ReplayCounts {
  /** Forwards of the reference decodings, and of the oracle's. */
  readonly referenceForwards: number
  readonly oracleForwards: number
  /** How often the oracle had to fill a block from the reference. */
  readonly forced: number
}

/** What became of some prompts. */
export interface Replay extends ReplayCounts {
  readonly examples: readonly Example[]
}

/**
 * The examples of prompts of all tasks in turns: each is answered with one position per step, and once more by an oracle
 * that fills every prediction that is right by that answer. Behind the end of an answer the reference is end tokens.
 */
export const replay = (
  { tasks, seed, block, canvas, decoder, rule }: ReplayOptions,
  split: Split,
  from: number,
  count: number,
): Effect.Effect<Replay, ParadeError> =>
  Effect.gen(function* () {
    const record: OracleRecord = { examples: [], forced: 0 }
    const plain = decoder(rule)
    let [referenceForwards, oracleForwards] = [0, 0]
    const [endToken = -1] = plain.model.info.endTokens
    for (let i = 0; i < count; i++) {
      const place = from + i
      const task = tasks[place % tasks.length]!
      const at = Math.floor(place / tasks.length)
      const { prompt } = task.example(split, at, seed)
      const messages = [{ role: "user", content: prompt.trim() }] as const
      const ask = (asked: Decoder) =>
        collectText(decodeText(asked, [...messages], { maxTokens: canvas, seed }))
      const { tokens, stats } = yield* ask(plain)
      const reference = (position: number): number => tokens[position] ?? endToken
      const replayed = yield* ask(decoder(oracle(reference, block, record)))
      referenceForwards += stats.forwards
      oracleForwards += replayed.stats.forwards
      yield* reportProgress({ task: "Replaying answers", done: i + 1, total: count, unit: "steps" })
      yield* Effect.yieldNow
    }
    return { ...record, referenceForwards, oracleForwards }
  })

/** How many prompts examples are taken from. */
export interface PromptCounts {
  readonly prompts: number
  readonly validationPrompts: number
  readonly testPrompts: number
}

const collect = (
  options: ReplayOptions,
  { prompts, validationPrompts, testPrompts }: PromptCounts,
): Effect.Effect<SplitExamples, ParadeError> =>
  Effect.gen(function* () {
    const { block } = options
    const train = yield* replay(options, "train", 0, prompts)
    const validation = yield* replay(options, "train", prompts, validationPrompts)
    const { examples, ...counts } = yield* replay(options, "test", 0, testPrompts)
    return {
      train: tableOf(train.examples, block),
      validation: tableOf(validation.examples, block),
      test: tableOf(examples, block),
      counts,
    }
  })

const write = (
  path: string,
  { counts, ...tables }: SplitExamples,
  source: string,
): Effect.Effect<void, ParadeError> =>
  writeSafetensors(
    path,
    Object.entries(tables).flatMap(([name, table]) =>
      columns.map((column) =>
        floatTensor(`${name}.${column}`, "F32", [table.count, table.block], table[column]),
      ),
    ),
    { source, counts: JSON.stringify(counts) },
  )

const read = (path: string, source: string): Effect.Effect<SplitExamples | undefined, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (!existsSync(path)) return undefined
      const { metadata, tensors } = yield* openSafetensors(path)
      if (metadata.get("source") !== source) return undefined
      const tables = parts.map((name) => {
        const [count, block] = tensors.get(`${name}.labels`)!.shape as readonly [number, number]
        const values = columns.map((column) => [column, tensors.get(`${name}.${column}`)!.values()])
        return [name, { count, block, ...Object.fromEntries(values) }]
      })
      const counts = JSON.parse(metadata.get("counts")!) as ReplayCounts
      return { ...Object.fromEntries(tables), counts } as SplitExamples
    }),
  )

/** The examples in a file where it holds those of this source, else those collected, which are then written there. */
export const keptExamples = (
  path: string,
  source: string,
  options: ReplayOptions,
  counts: PromptCounts,
): Effect.Effect<SplitExamples, ParadeError> =>
  Effect.gen(function* () {
    const kept = yield* read(path, source)
    if (kept !== undefined) return kept
    const examples = yield* collect(options, counts)
    yield* write(path, examples, source)
    return examples
  })
