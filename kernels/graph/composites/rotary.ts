import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { tableRows } from "./_turn-heads.ts"

/** How positions turn queries and keys. */
export interface Rotary {
  /** Radians per position of each pair, however they were scaled (linear, llama3, yarn, longrope …). */
  readonly frequencies: ArrayLike<number>
  /** Positions are less than this. */
  readonly positions: number
  /** Both cosine and sine are multiplied by it (the attention factor of yarn and longrope). Defaults to 1. */
  readonly factor?: number
  /** Pairs are neighbours (2i, 2i + 1) rather than halves (i, i + pairs). */
  readonly interleaved?: boolean
}

/** Tables `[rows, pairs]`; position `p` is row `p + shift`, and row 0 turns by nothing. */
export interface RotaryTables {
  readonly cos: Value
  readonly sin: Value
  readonly shift: 0 | 1
  readonly interleaved: boolean
}

/** onnxruntime wants at least as many rows as a sequence has, which here are the heads of a group. */
const LEAST_ROWS = 256

/** The tables of a rotary embedding; equal ones are kept once. Angles are float32, as checkpoints were trained. */
export const rotaryTables = (g: GraphBuilder, rotary: Rotary): RotaryTables => {
  const { positions, factor = 1 } = rotary
  const frequencies = Float32Array.from(rotary.frequencies)
  if (!Number.isSafeInteger(positions) || positions < 1 || frequencies.length === 0)
    throw g.refuse(
      "rotaryTables",
      [],
      `there are ${frequencies.length} frequencies and ${positions} positions`,
    )
  const shift = factor === 1 ? 0 : 1
  const pairs = frequencies.length
  const shape = [Math.max(positions + shift, LEAST_ROWS), pairs]
  const table = (name: "cos" | "sin"): Value => {
    const make = (): Uint8Array => {
      const values = new Float32Array(shape[0]! * pairs)
      if (shift === 1 && name === "cos") values.fill(1, 0, pairs)
      for (let i = shift * pairs; i < values.length; i++) {
        const position = Math.floor(i / pairs) - shift
        values[i] = factor * Math[name](Math.fround(position * frequencies[i % pairs]!))
      }
      return new Uint8Array(values.buffer)
    }
    const identity = `rotary ${name} ${shape[0]} ${factor} ${frequencies.join(" ")}`
    return g.initializer({ type: "float32", shape, identity, bytes: make })
  }
  return { cos: table("cos"), sin: table("sin"), shift, interleaved: rotary.interleaved ?? false }
}

const turnByOperator = (
  g: GraphBuilder,
  x: Value,
  positions: Value,
  tables: RotaryTables,
  turned: number,
): Value => {
  // Table row 0 leaves the last heads of each group as they are, so one operator serves them all without a split.
  const heads = Number(x.shape[2])
  const grid = g.memo(`rotary grid ${positions.name} ${heads} ${turned} ${tables.shift}`, () => {
    const column = ops.reshape(g, tableRows(g, positions, tables.shift), [x.shape[0]!, 1])
    const pattern = Array.from({ length: heads }, (_, head) => (head < turned ? 1 : 0))
    return ops.mul(g, column, g.constant("int64", [heads], pattern))
  })
  return ops.rotaryEmbedding(g, x, grid, tables, tables.interleaved)
}

const turnByHand = (
  g: GraphBuilder,
  x: Value,
  positions: Value,
  tables: RotaryTables,
  turned: number,
): Value => {
  const [rows, groups, heads, width] = x.shape as [Value["shape"][number], ...number[]]
  const pairs = Number(tables.cos.shape[1])
  const { interleaved } = tables
  const angles = (table: Value): Value =>
    g.memo(`rotary ${table.name} ${positions.name} ${interleaved}`, () => {
      const chosen = ops.gather(g, table, tableRows(g, positions, tables.shift))
      return ops.reshape(g, chosen, interleaved ? [rows, 1, 1, pairs, 1] : [rows, 1, 1, pairs])
    })
  const cos = angles(tables.cos)
  const sin = angles(tables.sin)
  const split = (value: Value, lengths: readonly number[], axis: number): readonly Value[] =>
    lengths.length === 1 ? [value] : ops.split(g, value, lengths, axis)
  const [moving, still] = split(x, turned < heads! ? [turned, heads! - turned] : [heads!], 2)
  const [part, rest] = split(moving!, 2 * pairs < width! ? [2 * pairs, width! - 2 * pairs] : [width!], 3)
  const paired = interleaved ? ops.reshape(g, part!, [rows, groups!, turned, pairs, 2]) : part!
  const axis = interleaved ? 4 : 3
  const [a, b] = ops.split(g, paired, interleaved ? [1, 1] : [pairs, pairs], axis)
  const first = ops.sub(g, ops.mul(g, a!, cos), ops.mul(g, b!, sin))
  const second = ops.add(g, ops.mul(g, b!, cos), ops.mul(g, a!, sin))
  const joined = ops.concat(g, [first, second], axis)
  const flat = interleaved ? ops.reshape(g, joined, [rows, groups!, turned, 2 * pairs]) : joined
  const whole = rest === undefined ? flat : ops.concat(g, [flat, rest], 3)
  return still === undefined ? whole : ops.concat(g, [whole, still], 2)
}

/**
 * Turn the first `turned` heads of each group of `x` `[T, groups, heads, width]` by their row's position (int64 `[T]`);
 * the others pass. Where tables have fewer than `width / 2` pairs, the rest of each head passes too.
 */
export const rotary = (
  g: GraphBuilder,
  x: Value,
  positions: Value,
  tables: RotaryTables,
  turned: number = Number(x.shape[2]),
): Value => (g.uses("RotaryEmbedding") ? turnByOperator : turnByHand)(g, x, positions, tables, turned)
