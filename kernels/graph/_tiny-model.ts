import type { PendingRows, RowLayout, Visibility } from "@parade/core"
import { visibilityMatrix } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { denseMatrix, vector } from "./composites/_weights_fixture.ts"
import {
  GraphBuilder,
  attention,
  embedding,
  gatedMlp,
  gatherRows,
  linear,
  newRows,
  ops,
  rmsNorm,
  rotaryTables,
  skipRmsNorm,
  tensor,
} from "./mod.ts"
import type { Device, DeviceRows, Graph, Lowering, Program, Tensor, Value } from "./mod.ts"

/** For tests: the sizes of a small decoder. */
export interface TinySizes {
  readonly layers: number
  readonly width: number
  readonly vocabulary: number
  readonly kvHeads: number
  readonly groups: number
}

const layerNames = (sizes: TinySizes): number[] => Array.from({ length: sizes.layers }, (_, layer) => layer)

export const tinyLayout = (sizes: TinySizes): RowLayout => ({
  key: `tiny ${JSON.stringify(sizes)}`,
  parts: layerNames(sizes).flatMap((layer) =>
    (["key", "value"] as const).map((family) => ({
      name: `${family}.${layer}`,
      family,
      layer,
      blocks: sizes.kvHeads,
      width: sizes.width / sizes.kvHeads / sizes.groups,
    })),
  ),
})

/** For tests: a decoder of random weights in the composites. */
export const tinyGraph = (sizes: TinySizes, lowering: Lowering): Graph => {
  const { width, vocabulary, kvHeads, groups } = sizes
  const headDim = width / kvHeads / groups
  const g = new GraphBuilder("tiny", lowering)
  const ids = g.input("ids", "int64", ["T"])
  const positions = g.input("positions", "int64", ["T"])
  const mask = g.input("mask", "float32", ["T", "C+T"])
  const rows = g.input("rows", "int64", ["R"])
  const past = (name: string): Value => g.input(`past.${name}`, "float32", [kvHeads, "C", headDim])
  const rotary = rotaryTables(g, {
    frequencies: Array.from({ length: headDim / 2 }, (_, i) => 1 / 100 ** ((2 * i) / headDim)),
    positions: 64,
  })
  const table = denseMatrix(vocabulary, width, 1)
  let x = embedding(g, ids, table)
  let skip: Value | undefined
  const keys: Value[] = []
  const values: Value[] = []
  const norm = (seed: number): { normed: Value; sum: Value } => {
    const weights = { weight: vector(width, seed), epsilon: 1e-5 }
    return skip === undefined ? { normed: rmsNorm(g, x, weights), sum: x } : skipRmsNorm(g, x, skip, weights)
  }
  for (const layer of layerNames(sizes)) {
    const seed = 100 * (layer + 1)
    const before = norm(seed)
    const qkv = linear(g, before.normed, denseMatrix(kvHeads * (groups + 2) * headDim, width, seed + 1))
    const inputs = { qkv, pastKey: past(`key.${layer}`), pastValue: past(`value.${layer}`), mask, positions }
    const scale = 1 / Math.sqrt(headDim)
    const { output, newKey, newValue } = attention(g, inputs, { kvHeads, groups, headDim, scale, rotary })
    keys.push(newKey)
    values.push(newValue)
    skip = linear(g, output, denseMatrix(width, width, seed + 2))
    x = before.sum
    const middle = norm(seed + 3)
    skip = gatedMlp(g, middle.normed, {
      gate: denseMatrix(2 * width, width, seed + 4),
      up: denseMatrix(2 * width, width, seed + 5),
      down: denseMatrix(width, 2 * width, seed + 6),
      activation: "silu",
    })
    x = middle.sum
  }
  const final = norm(3).normed
  g.output("logits", ops.mul(g, linear(g, gatherRows(g, final, rows), table), g.constant("float32", [], [4])))
  newRows(g, "key", keys)
  newRows(g, "value", values)
  return g.build()
}

/** For tests: the decoder on a device, with a cache. */
export class TinyModel {
  readonly #program: Program
  readonly rows: DeviceRows
  #length = 0
  #pending: PendingRows | undefined

  constructor(program: Program, rows: DeviceRows) {
    this.#program = program
    this.rows = rows
  }

  static readonly make = (
    sizes: TinySizes,
    device: Device,
    step: number,
  ): Effect.Effect<TinyModel, Error, Scope> =>
    Effect.gen(function* () {
      const program = yield* device.compile(tinyGraph(sizes, { kind: device.lowering }))
      return new TinyModel(program, yield* device.makeRows(tinyLayout(sizes), step))
    })

  /** Logits of every row, `[T][vocabulary]`. */
  forward(tokens: readonly number[], positions: readonly number[], visibility: Visibility): Float32Array[] {
    const T = tokens.length
    const spare = this.rows.capacity - this.#length
    const visible = visibilityMatrix(visibility, this.#length, T)
    const mask = new Float32Array(T * (this.rows.capacity + T)).fill(-1e9)
    for (let i = 0, row = 0; row < T; row++)
      for (let column = 0; column < this.#length + T; column++, i++)
        if (visible[i] === 1)
          mask[row * (this.rows.capacity + T) + column + (column < this.#length ? 0 : spare)] = 0
    const int64 = (numbers: readonly number[]): Tensor =>
      tensor("int64", [numbers.length], BigInt64Array.from(numbers, BigInt))
    const feeds = {
      ...this.rows.feeds(),
      ids: int64(tokens),
      positions: int64(positions),
      mask: tensor("float32", [T, this.rows.capacity + T], mask),
      rows: int64(tokens.map((_, i) => i)),
    }
    const outputs = Effect.runSync(this.#program.run(feeds, this.#program.graph.outputs))
    this.#pending = {
      inputs: { tokens: Int32Array.from(tokens), positions: Int32Array.from(positions) },
      content: this.rows.pending(outputs),
    }
    const logits = (outputs["logits"] as Tensor<"float32">).data
    const width = logits.length / T
    return tokens.map((_, row) => logits.slice(row * width, (row + 1) * width))
  }

  commit(rows: readonly number[]): void {
    Effect.runSync(this.rows.reserve(this.#length + rows.length))
    Effect.runSync(this.rows.write(this.#pending!, rows, this.#length))
    this.#length += rows.length
  }

  reset(): void {
    this.#length = 0
  }

  get length(): number {
    return this.#length
  }
}
