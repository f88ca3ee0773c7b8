import { tmpdir } from "node:os"
import { plugin as blocks } from "@parade/blocks"
import { plugin as budget } from "@parade/budget"
import { plugin as capped } from "@parade/capped"
import { contiguous as contiguousCache, plugin as contiguous } from "@parade/contiguous"
import {
  collectText,
  compose,
  composeAs,
  type Decoder,
  decodeText,
  type FixedTokens,
  type Model,
  ModelKind,
  type ParadeError,
  type Plugin,
  registryOf,
} from "@parade/core"
import { plugin as digitSums } from "@parade/digit-sums"
import { plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fixedCount } from "@parade/fixed-count"
import { editOf, type Unmasker } from "@parade/denoising"
import { fullRefresh, plugin as fullRefreshPlugin } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as listOperations } from "@parade/list-operations"
import { plugin as openBlocks } from "@parade/open-blocks"
import { maskedDiffusion, type MaskedDiffusionOptions } from "@parade/masked-diffusion"
import { chatPrompt, type Encode } from "@parade/recipes"
import { plugin as sampler, standardSampler } from "@parade/standard-sampler"
import { type Task, TaskKind } from "@parade/tasks"
import { plugin as threshold } from "@parade/threshold"
import { plugin as traces } from "@parade/traces"
import { plugin as transformer } from "@parade/transformer"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"

/** What a pipeline made of one held-out list. */
export interface Answered {
  readonly text: string
  readonly right: boolean
  readonly forwards: number
  readonly tokens: number
}

const others = [
  blocks,
  budget,
  capped,
  contiguous,
  digitSums,
  entropyThreshold,
  fixedCount,
  fullRefreshPlugin,
  groupedQuery,
  listOperations,
  openBlocks,
  sampler,
  threshold,
  traces,
  transformer,
]

const eightLetters = { wording: "terse", items: "letters", notation: "spaces", minItems: 8, maxItems: 8 }
const lists = { use: "@parade/list-operations", with: eightLetters }

/** Lists of eight letters to be sorted. */
export const sorting: object = {
  use: "@parade/list-operations",
  with: { ...eightLetters, operations: ["sort"] },
}

/** The embedded diffusion model as it was trained, for a pipeline's `model`. */
export const embedded: object = {
  use: "@parade/transformer",
  with: { source: "npm:@parade/model-tiny-diffusion/model" },
}

/** The embedded diffusion model with the adapters of a package. */
export const adaptedBy = (name: string): object => ({
  use: "@parade/transformer",
  with: { source: `npm:${name}/adapters` },
})

/** What is asked beside how many: another task, and a seed of the draws. */
export interface AskedOptions {
  readonly task?: object
  readonly seed?: number
}

/** The answers of a pipeline of a preset to held-out lists of eight letters, seen from a folder without a model. */
export const answered = (
  preset: Plugin<Decoder>,
  pipeline: object,
  count: number,
  { task: asked = lists, seed = 0 }: AskedOptions = {},
): Promise<readonly Answered[]> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const registry = registryOf([...others, preset])
      const task: Task = yield* composeAs(TaskKind, asked, { registry })
      const decoder = yield* compose(pipeline, { registry, base: tmpdir() })
      return yield* Effect.forEach(
        Array.from({ length: count }, (_, i) => task.example("test", i, 7)),
        ({ prompt, score }) =>
          Effect.gen(function* () {
            const question = { role: "user", content: prompt.trim() }
            const { text, tokens, stats } = yield* collectText(
              decodeText(decoder, [question], { maxTokens: 32, seed }),
            )
            return { text, right: score(text).correct, forwards: stats.forwards, tokens: tokens.length }
          }),
      )
    }).pipe(Effect.scoped),
  )

/** What a model says of one position of a canvas. */
export interface SaidOf {
  readonly position: number
  readonly token: number
  readonly entropy: number
}

/** A question, and what of its canvas of 32 is filled. */
export interface PartFilled {
  readonly prompt: readonly number[]
  readonly fixed: readonly FixedTokens[]
}

/** The parts that canvases are looked at with, and trajectories recorded. */
export const greedyParts = (): Pick<MaskedDiffusionOptions, "refresh" | "sampler" | "cache"> => ({
  refresh: fullRefresh,
  sampler: standardSampler(),
  cache: contiguousCache(),
})

/** What a model says of all that is masked. */
export const saidOf = (
  model: Model,
): ((canvas: PartFilled) => Effect.Effect<readonly SaidOf[], ParadeError>) => {
  let seen: readonly SaidOf[] = []
  const unmasker: Unmasker = {
    name: "looking",
    readsEntropy: true,
    open: () => ({
      propose: ({ open }) => {
        seen = open.map(({ position, token, entropy }) => ({ position, token, entropy }))
        return [editOf(open)]
      },
    }),
  }
  const decoder = maskedDiffusion({ model, unmasker, schedule: wholeCanvas, ...greedyParts() })
  return ({ prompt, fixed }) =>
    Effect.map(
      collectText(
        decoder.decode({
          prompt: [{ tokens: prompt }],
          target: { kind: "canvas", length: 32, fixed },
          stop: { ignoreEnd: true },
          seed: 0,
        }),
      ),
      () => seen,
    )
}

/** Held-out lists of eight letters, and models by their nodes, for as long as what is done with them takes. */
export const onLists = <A>(
  nodes: readonly object[],
  then: (models: readonly Model[], task: Task) => Effect.Effect<A, ParadeError>,
): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const registry = registryOf(others)
      const task: Task = yield* composeAs(TaskKind, lists, { registry })
      const models = yield* Effect.forEach(nodes, (node) =>
        composeAs(ModelKind, node, { registry, base: tmpdir() }),
      )
      return yield* then(models, task)
    }).pipe(Effect.scoped),
  )

/** What models say first of held-out lists of eight letters: of every position of a canvas of which nothing is filled. */
export const firstPredictions = (
  nodes: readonly object[],
  count: number,
): Promise<readonly (readonly (readonly SaidOf[])[])[]> =>
  onLists(nodes, (models, task) =>
    Effect.forEach(models, (model) => {
      const encode = encoderOf(model)
      const look = saidOf(model)
      return Effect.forEach(
        Array.from({ length: count }, (_, i) => task.example("test", i, 7)),
        ({ prompt }) => look({ prompt: chatPrompt(prompt, encode), fixed: [] }),
      )
    }),
  )

/** A text in a model's tokens, special ones not read. */
export const encoderOf =
  ({ tokenizer }: Model): Encode =>
  (text) =>
    tokenizer!.encode(text, { addSpecialTokens: false, parseSpecialTokens: false })

const sum = (all: readonly Answered[], of: (one: Answered) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

export const rightOf = (all: readonly Answered[]): number => sum(all, ({ right }) => Number(right))
export const forwardsOf = (all: readonly Answered[]): number => sum(all, ({ forwards }) => forwards)

/** A mean and its standard error. */
export interface Mean {
  readonly mean: number
  readonly error: number
}

export const meanOf = (values: readonly number[]): Mean => {
  const mean = values.reduce((total, one) => total + one, 0) / values.length
  const variance = values.reduce((total, one) => total + (one - mean) ** 2, 0) / values.length
  return { mean, error: Math.sqrt(variance / values.length) }
}

/** A mean as it is told. */
export const told = ({ mean, error }: Mean): string => `${mean.toFixed(4)} ± ${error.toFixed(4)}`

/** The mean of a difference of two pipelines on the same lists. */
export const difference = (
  after: readonly Answered[],
  before: readonly Answered[],
  of: (one: Answered) => number,
): Mean => meanOf(after.map((one, i) => of(one) - of(before[i]!)))
