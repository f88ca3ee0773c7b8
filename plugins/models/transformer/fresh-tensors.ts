import { ModelError } from "@parade/core"
import type { Matrix, Vector } from "@parade/graph"
import type { Architecture, Attention, PartWeights } from "@parade/layers"
import { type ModelWeights, placeOf, type Tensors } from "./_model-weights.ts"
import { spellingOf } from "./_spelling.ts"
import { trainingGraphOf } from "./training-graph.ts"

/** Families whose tensors are Llama's, by whatever names. */
const startable = new Set([
  "llama",
  "mistral",
  "qwen2",
  "qwen3",
  "gemma",
  "gemma2",
  "gemma3_text",
  "llada",
  "Dream",
])

interface Required {
  readonly shape: readonly number[]
  /** It writes into the residual stream. */
  readonly residual: boolean
}

/** Every tensor that a model of the architecture has, by its family's names. */
const requiredTensors = (architecture: Architecture, attention: Attention): ReadonlyMap<string, Required> => {
  const required = new Map<string, Required>()
  const spelling = spellingOf(architecture.name)
  const places = spelling.places(architecture)
  const prefix = spelling.prefixes[0]!
  const matrix = (name: string, rows: number, columns: number, residual = false): Matrix => {
    required.set(name, { shape: [rows, columns], residual })
    return { kind: "dense", rows, columns, identity: name, values: () => new Float32Array(rows * columns) }
  }
  const vector = (name: string, length: number): Vector => {
    required.set(name, { shape: [length], residual: false })
    return { length, identity: name, values: () => new Float32Array(length) }
  }
  const partOf = (start: string, part: string): PartWeights => ({
    has: () => true,
    matrix: (name, rows, columns) =>
      matrix(start + placeOf(places, part, name)[0], rows, columns, /^(o_proj|down_proj)\./.test(name)),
    vector: (name, length) => vector(start + placeOf(places, part, name)[0], length),
  })
  const { vocabulary, width, contextLength, head } = architecture
  const embedding = (): Matrix => matrix(`${prefix}${spelling.embedding}.weight`, vocabulary, width)
  const headName = spelling.head === undefined ? "lm_head" : prefix + spelling.head
  const weights: ModelWeights = {
    embedding,
    positions: () => matrix(`${prefix}${spelling.positions!}.weight`, contextLength, width),
    head: () => (head.tied ? embedding() : matrix(`${headName}.weight`, vocabulary, width)),
    finalNorm: partOf(prefix, ""),
    part: (layer, name) => partOf(`${prefix}${spelling.layers}${layer}.`, name),
    unused: () => [],
  }
  trainingGraphOf({ architecture, attention, sequences: { count: 1, length: 1 } }, weights)
  return required
}

/**
 * Tensors of a model that has not been trained, by its family's names; `draw` gives independent normal numbers, the same ones
 * for the same seed. Matrices are normal with a deviation of 0.02, those that write into the residual stream with
 * `0.02 / √(2 · layers)` (GPT-2), norms one, biases zero.
 */
export const freshTensors = (
  architecture: Architecture,
  attention: Attention,
  draw: (name: string) => () => number,
): Tensors => {
  if (!startable.has(architecture.name))
    throw new ModelError({
      code: "model.unsupported-architecture",
      message: `A model of type "${architecture.name}" cannot be started from nothing.`,
      advice: `Types that can: ${[...startable].join(", ")}.`,
    })
  const required = requiredTensors(architecture, attention)
  const residual = 0.02 / Math.sqrt(2 * architecture.layers.length)
  const sizeOf = (name: string): number =>
    required.get(name)!.shape.reduce((product, size) => product * size, 1)
  const normal = (name: string): Float32Array => {
    const deviation = required.get(name)!.residual ? residual : 0.02
    const next = draw(name)
    return Float32Array.from({ length: sizeOf(name) }, () => next() * deviation)
  }
  const constant = (name: string): Float32Array =>
    new Float32Array(sizeOf(name)).fill(name.endsWith(".bias") ? 0 : 1 - architecture.norm.offset)
  return {
    path: "a new model",
    names: required.keys(),
    shape: (name) => required.get(name)?.shape,
    matrix: (name) => {
      const [rows, columns] = required.get(name)!.shape as readonly [number, number]
      return { kind: "dense", rows, columns, identity: name, values: () => normal(name) }
    },
    vector: (name) => ({
      length: required.get(name)!.shape[0]!,
      identity: name,
      values: () => constant(name),
    }),
  }
}
