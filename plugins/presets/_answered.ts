import { tmpdir } from "node:os"
import { plugin as blocks } from "@parade/blocks"
import { contiguous as contiguousCache, plugin as contiguous } from "@parade/contiguous"
import {
  collectText,
  compose,
  composeAs,
  type Decoder,
  decodeText,
  type Model,
  ModelKind,
  type Plugin,
  registryOf,
} from "@parade/core"
import { plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fixedCount } from "@parade/fixed-count"
import { editOf, type Unmasker } from "@parade/denoising"
import { fullRefresh, plugin as fullRefreshPlugin } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as listOperations } from "@parade/list-operations"
import { plugin as openBlocks } from "@parade/open-blocks"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { plugin as sampler, standardSampler } from "@parade/standard-sampler"
import { type Task, TaskKind } from "@parade/tasks"
import { plugin as threshold } from "@parade/threshold"
import { plugin as transformer } from "@parade/transformer"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"

/** What a pipeline made of one held-out list. */
export interface Answered {
  readonly right: boolean
  readonly forwards: number
  readonly tokens: number
}

const others = [
  blocks,
  contiguous,
  entropyThreshold,
  fixedCount,
  fullRefreshPlugin,
  groupedQuery,
  listOperations,
  openBlocks,
  sampler,
  threshold,
  transformer,
]

const lists = {
  use: "@parade/list-operations",
  with: { wording: "terse", items: "letters", notation: "spaces", minItems: 8, maxItems: 8 },
}

/** The embedded diffusion model as it was trained, for a pipeline's `model`. */
export const embedded: object = {
  use: "@parade/transformer",
  with: { source: "npm:@parade/model-tiny-diffusion/model" },
}

/** The answers of a pipeline of a preset to held-out lists of eight letters, seen from a folder without a model. */
export const answered = (
  preset: Plugin<Decoder>,
  pipeline: object,
  count: number,
): Promise<readonly Answered[]> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const registry = registryOf([...others, preset])
      const task: Task = yield* composeAs(TaskKind, lists, { registry })
      const decoder = yield* compose(pipeline, { registry, base: tmpdir() })
      return yield* Effect.forEach(
        Array.from({ length: count }, (_, i) => task.example("test", i, 7)),
        ({ prompt, score }) =>
          Effect.gen(function* () {
            const asked = { role: "user", content: prompt.trim() }
            const { text, tokens, stats } = yield* collectText(
              decodeText(decoder, [asked], { maxTokens: 32 }),
            )
            return { right: score(text).correct, forwards: stats.forwards, tokens: tokens.length }
          }),
      )
    }).pipe(Effect.scoped),
  )

/** What a model says of one position of an empty canvas. */
export interface FirstPrediction {
  readonly token: number
  readonly entropy: number
}

/** What a model says first of held-out lists of eight letters: of every position of a canvas of which nothing is filled. */
export const firstPredictions = (
  node: object,
  count: number,
): Promise<readonly (readonly FirstPrediction[])[]> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const registry = registryOf(others)
      const task: Task = yield* composeAs(TaskKind, lists, { registry })
      const model: Model = yield* composeAs(ModelKind, node, { registry, base: tmpdir() })
      let seen: readonly FirstPrediction[] = []
      const looking: Unmasker = {
        name: "looking",
        open: () => ({
          propose: ({ open }) => {
            seen = open.map(({ token, entropy }) => ({ token, entropy }))
            return [editOf(open)]
          },
        }),
      }
      const decoder = maskedDiffusion({
        model,
        unmasker: looking,
        schedule: wholeCanvas,
        refresh: fullRefresh,
        sampler: standardSampler(),
        cache: contiguousCache(),
      })
      return yield* Effect.forEach(
        Array.from({ length: count }, (_, i) => task.example("test", i, 7)),
        ({ prompt }) =>
          Effect.gen(function* () {
            const asked = [{ role: "user", content: prompt.trim() }] as const
            yield* collectText(decodeText(decoder, asked, { maxTokens: 32 }))
            return seen
          }),
      )
    }).pipe(Effect.scoped),
  )

const sum = (all: readonly Answered[], of: (one: Answered) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

export const rightOf = (all: readonly Answered[]): number => sum(all, ({ right }) => Number(right))
export const forwardsOf = (all: readonly Answered[]): number => sum(all, ({ forwards }) => forwards)

/** The mean of a difference of two pipelines on the same lists, and its standard error. */
export const difference = (
  after: readonly Answered[],
  before: readonly Answered[],
  of: (one: Answered) => number,
): { readonly mean: number; readonly error: number } => {
  const differences = after.map((one, i) => of(one) - of(before[i]!))
  const mean = differences.reduce((total, one) => total + one, 0) / differences.length
  const variance = differences.reduce((total, one) => total + (one - mean) ** 2, 0) / differences.length
  return { mean, error: Math.sqrt(variance / differences.length) }
}
