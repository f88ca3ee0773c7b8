import type { DeviceError, Model, ParadeError } from "@parade/core"
import type { DraftHead } from "@parade/drafting"
import type { Device, Feeds, Graph, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import type { Attention } from "@parade/layers"
import { assemble } from "@parade/transformer"
import { eightBitBlocks } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { blockArchitecture, blockTensors } from "./block.ts"
import { guessGraph, headGraph } from "./residual-head.ts"
import { trigramGraph } from "./trigram-encoder.ts"
import type { ChimeraWeights } from "./weights.ts"

type Run = (rows: Float32Array) => Effect.Effect<Float32Array, DeviceError>

/** The trained parts, ready to run. */
export interface ChimeraNetwork {
  /** Embedding rows of trigrams `[T, 3d]` → `[T, d]`. */
  readonly encode: Run
  /** The Full Context Encoder: a model of one block over vectors, whose `hidden.final` is the estimate. */
  readonly block: Model
  /** By level: the newest true state and an estimate side by side `[T, 2d]` → what the LM head reads `[T, d]`. */
  readonly heads: readonly Run[]
  /** The same with what they guess, of a drafter with a vocabulary of its own. */
  readonly guesses: readonly Guess[]
}

/** Of each row: its likeliest tokens, with their chances. */
export interface Guesses {
  readonly tokens: readonly (readonly number[])[]
  readonly chances: readonly (readonly number[])[]
}

type Guess = (pairs: Float32Array) => Effect.Effect<Guesses, DeviceError>

const compiled = (
  device: Device,
  graph: Graph,
  input: string,
  columns: number,
): Effect.Effect<Run, ParadeError, Scope> =>
  Effect.map(device.compile(graph), (program): Run => (rows) => {
    const feeds: Feeds = { [input]: tensor("float32", [rows.length / columns, columns], rows) }
    return Effect.map(program.run(feeds, [{ name: "rows" }]), (made) =>
      (made["rows"] as Tensor<"float32">).data.slice(),
    )
  })

const guessing = (
  device: Device,
  graph: Graph,
  width: number,
  { tokens }: DraftHead,
): Effect.Effect<Guess, ParadeError, Scope> =>
  Effect.map(
    device.compile(graph),
    (program): Guess =>
      (pairs) =>
        Effect.map(
          program.run({ pairs: tensor("float32", [pairs.length / (2 * width), 2 * width], pairs) }, [
            { name: "places" },
            { name: "chances" },
          ]),
          (made): Guesses => {
            const { data: places, dims } = made["places"] as Tensor<"int64">
            const { data: chances } = made["chances"] as Tensor<"float32">
            const [count, most] = [dims[0]!, dims[1]!]
            const byRow = <A>(one: (at: number) => A): A[][] =>
              Array.from({ length: count }, (_, row) =>
                Array.from({ length: most }, (__, rank) => one(row * most + rank)),
              )
            return {
              tokens: byRow((at) => tokens[Number(places[at])]!),
              chances: byRow((at) => chances[at]!),
            }
          },
        ),
  )

/** Makes the trained parts ready on a device; released with the scope. */
export const openNetwork = (
  { block, weights, accuracy, embeddingScale: scale, draft, temperatures = [] }: ChimeraWeights,
  attention: Attention,
  device: Device,
): Effect.Effect<ChimeraNetwork, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { width } = block
    const lowering = { kind: device.lowering, without: device.without }
    const architecture = blockArchitecture(block)
    // Beside a model that needs a draft vocabulary what matrices take to be read counts more than their last bits.
    const encoder = { width, weights, scale, ...(draft && { form: eightBitBlocks }) }
    return {
      encode: yield* compiled(device, trigramGraph(encoder, lowering), "embedded", 3 * width),
      block: yield* assemble({
        name: "chimera",
        architecture,
        attention,
        tensors: blockTensors(architecture, attention, weights),
        device,
        dtype: draft === undefined ? "fp32" : "q8",
        outputs: ["hidden.final"],
        takesVectors: true,
        vocabularyFingerprint: () => "vectors",
        endTokens: [],
      }),
      heads:
        draft === undefined
          ? yield* Effect.forEach(accuracy, (_, i) =>
              compiled(device, headGraph(i + 1, width, weights, lowering), "pairs", 2 * width),
            )
          : [],
      guesses:
        draft === undefined
          ? []
          : yield* Effect.forEach(accuracy, ({ length: most }, i) => {
              const how = { most, temperature: temperatures[i] ?? 1 }
              const graph = guessGraph(i + 1, width, weights, draft, how, lowering)
              return guessing(device, graph, width, draft)
            }),
    }
  })
