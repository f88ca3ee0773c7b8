import { type Model, type ModelInfo, type OutputRows, type RowLayout } from "@parade/core"
import * as Effect from "effect/Effect"
import { memoryStore } from "./memory-store.ts"

const layout: RowLayout = { key: "null", parts: [] }

/** A model that computes nothing. */
export interface NullModelOptions {
  readonly vocabularySize?: number
  /** The token it always predicts. */
  readonly token?: number
  readonly contextLength?: number
}

/**
 * The fastest model there can be, to measure what everything around a model costs: no checks, rows of nothing, and
 * logits that are always the same; its hidden rows are empty of meaning too. It does not keep a model's promises about bad input.
 */
export const nullModel = (options: NullModelOptions = {}): Model => {
  const vocabularySize = options.vocabularySize ?? 16
  const info: ModelInfo = {
    name: "null",
    architecture: "null",
    vocabularySize,
    contextLength: options.contextLength ?? 0x7fffffff,
    width: 1,
    layers: 0,
    positionAxes: 1,
    maskedRowPredicts: "next",
    vocabularyFingerprint: `pieces-${vocabularySize}`,
    endTokens: [],
    maskToken: undefined,
    visibility: ["ranked", "tree", "branches", "dense"],
    outputs: ["logits", "hidden.final"],
    takesVectors: true,
    dtype: "none",
    device: "none",
    widthInvariant: true,
    weightBytes: 0,
  }
  let data = new Float32Array(0)
  const extend = (rows: number): void => {
    data = new Float32Array(rows * vocabularySize)
    for (let i = 0; i < rows; i++) data[i * vocabularySize + (options.token ?? 0)] = 1
  }
  const row = (index: number): Float32Array =>
    data.subarray(index * vocabularySize, (index + 1) * vocabularySize)
  const logitsOf = (count: number): OutputRows => {
    if (data.length < count * vocabularySize) extend(2 * count)
    return { count, width: vocabularySize, data: data.subarray(0, count * vocabularySize), row }
  }
  const hiddenOf = (count: number): OutputRows => {
    const zeros = new Float32Array(count)
    return { count, width: 1, data: zeros, row: (index) => zeros.subarray(index, index + 1) }
  }
  return {
    info,
    tokenizer: undefined,
    layout,
    makeStore: memoryStore(layout),
    forward: (rows, { cache, outputs: wanted }) =>
      Effect.sync(() => {
        cache.stage({ inputs: rows, content: {} })
        const outputs: Record<string, OutputRows> = {}
        for (const { name, rows: at } of wanted)
          outputs[name] = name === "logits" ? logitsOf(at.length) : hiddenOf(at.length)
        return outputs
      }),
    cost: Effect.succeed(undefined),
    embed: (tokens) => Effect.succeed(new Float32Array(tokens.length)),
    head: (hidden) => Effect.sync(() => logitsOf(hidden.length)),
  }
}
