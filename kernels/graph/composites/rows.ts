import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/** The rows of `x` that `rows` (int64 `[R]`) names: `[R, …]`. */
export const gatherRows = (g: GraphBuilder, x: Value, rows: Value): Value => ops.gather(g, x, rows, 0)

/**
 * Declare what the new rows add to the cache as the output `new.<family>`: the parts of a family, layer by layer in
 * the order of the layout, `[sum of blocks, T, width]`.
 */
export const newRows = (g: GraphBuilder, family: string, parts: readonly Value[]): void =>
  g.output(`new.${family}`, parts.length === 1 ? parts[0]! : ops.concat(g, parts, 0))
