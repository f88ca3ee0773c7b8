import type { DeviceError, Model, ParadeError } from "@parade/core"
import type { Device, Feeds, Graph, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import type { Attention } from "@parade/layers"
import { assemble } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { blockArchitecture, blockTensors } from "./block.ts"
import { headGraph } from "./residual-head.ts"
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
}

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

/** Makes the trained parts ready on a device; released with the scope. */
export const openNetwork = (
  { block, weights, accuracy }: ChimeraWeights,
  attention: Attention,
  device: Device,
): Effect.Effect<ChimeraNetwork, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { width } = block
    const lowering = { kind: device.lowering, without: device.without }
    const architecture = blockArchitecture(block)
    return {
      encode: yield* compiled(device, trigramGraph(width, weights, lowering), "embedded", 3 * width),
      block: yield* assemble({
        name: "chimera",
        architecture,
        attention,
        tensors: blockTensors(architecture, attention, weights),
        device,
        dtype: "fp32",
        outputs: ["hidden.final"],
        takesVectors: true,
        vocabularyFingerprint: () => "vectors",
        endTokens: [],
      }),
      heads: yield* Effect.forEach(accuracy, (_, i) =>
        compiled(device, headGraph(i + 1, width, weights, lowering), "pairs", 2 * width),
      ),
    }
  })
