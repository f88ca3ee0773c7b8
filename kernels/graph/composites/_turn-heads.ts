import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import type { RotaryTables } from "./rotary.ts"

/** Positions as rows of the tables. */
export const tableRows = (g: GraphBuilder, positions: Value, shift: 0 | 1): Value =>
  shift === 0
    ? positions
    : g.memo(`rotary rows ${positions.name}`, () => ops.add(g, positions, g.constant("int64", [], [shift])))

/** Whether {@link turnHeads} can turn sequences of that length: the operator wants as many rows of the tables. */
export const turnsHeads = (g: GraphBuilder, { cos }: RotaryTables, length: number): boolean =>
  g.uses("RotaryEmbedding") && length <= Number(cos.shape[0])

/** Turn all of `x` `[B, heads, L, width]` by the positions of each sequence's rows, int64 `[B, L]`. */
export const turnHeads = (g: GraphBuilder, x: Value, positions: Value, tables: RotaryTables): Value =>
  ops.rotaryEmbedding(g, x, tableRows(g, positions, tables.shift), tables, tables.interleaved)
