import { ModelError } from "@parade/core"
import type { Matrix, Vector } from "@parade/graph"
import type { Architecture, Attention, PartWeights } from "@parade/layers"
import type { ModelWeights, Tensors } from "./_model-weights.ts"
import { trainingGraphOf } from "./training-graph.ts"

/** Families whose tensors bear Llama's names. */
const named = new Set(["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text"])

/** Name → shape of every tensor that a model of the architecture has, by Llama's names. */
const requiredTensors = (
  architecture: Architecture,
  attention: Attention,
): ReadonlyMap<string, readonly number[]> => {
  const shapes = new Map<string, readonly number[]>()
  const matrix = (name: string, rows: number, columns: number): Matrix => {
    shapes.set(name, [rows, columns])
    return { kind: "dense", rows, columns, identity: name, values: () => new Float32Array(rows * columns) }
  }
  const vector = (name: string, length: number): Vector => {
    shapes.set(name, [length])
    return { length, identity: name, values: () => new Float32Array(length) }
  }
  const part = (start: string): PartWeights => ({
    has: () => true,
    matrix: (name, rows, columns) => matrix(start + name, rows, columns),
    vector: (name, length) => vector(start + name, length),
  })
  const { vocabulary, width, contextLength, head } = architecture
  const embedding = (): Matrix => matrix("model.embed_tokens.weight", vocabulary, width)
  const weights: ModelWeights = {
    embedding,
    positions: () => matrix("model.embed_positions.weight", contextLength, width),
    head: () => (head.tied ? embedding() : matrix("lm_head.weight", vocabulary, width)),
    finalNorm: part("model."),
    part: (layer, name) => part(`model.layers.${layer}.${name}`),
    unused: () => [],
  }
  trainingGraphOf({ architecture, attention, sequences: { count: 1, length: 1 } }, weights)
  return shapes
}

/**
 * Tensors of a model that has not been trained, by Llama's names; `draw` gives independent normal numbers, the same ones
 * for the same seed. Matrices are normal with a deviation of 0.02, those that write into the residual stream with
 * `0.02 / √(2 · layers)` (GPT-2), norms one, biases zero.
 */
export const freshTensors = (
  architecture: Architecture,
  attention: Attention,
  draw: (name: string) => () => number,
): Tensors => {
  if (!named.has(architecture.name))
    throw new ModelError({
      code: "model.unsupported-architecture",
      message: `A model of type "${architecture.name}" cannot be started from nothing.`,
      advice: `Types that can: ${[...named].join(", ")}.`,
    })
  const shapes = requiredTensors(architecture, attention)
  const residual = 0.02 / Math.sqrt(2 * architecture.layers.length)
  const sizeOf = (name: string): number => shapes.get(name)!.reduce((product, size) => product * size, 1)
  const normal = (name: string): Float32Array => {
    const deviation = /\.(o_proj|down_proj)\.weight$/.test(name) ? residual : 0.02
    const next = draw(name)
    return Float32Array.from({ length: sizeOf(name) }, () => next() * deviation)
  }
  const constant = (name: string): Float32Array =>
    new Float32Array(sizeOf(name)).fill(name.endsWith(".bias") ? 0 : 1 - architecture.norm.offset)
  return {
    path: "a new model",
    names: shapes.keys(),
    shape: (name) => shapes.get(name),
    matrix: (name) => {
      const [rows, columns] = shapes.get(name) as readonly [number, number]
      return { kind: "dense", rows, columns, identity: name, values: () => normal(name) }
    },
    vector: (name) => ({ length: shapes.get(name)![0]!, identity: name, values: () => constant(name) }),
  }
}
