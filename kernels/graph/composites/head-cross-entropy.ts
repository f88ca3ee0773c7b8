import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { crossEntropyRows } from "./losses.ts"

/**
 * `crossEntropyRows(head(x), targets)` for rows `x` `[T, …]`, `rowsAtOnce` rows after one another, so that never more than
 * the logits of those are in memory: a vocabulary is wide, and the logits of all rows, their softmax and their gradient
 * are often the largest values of a training. On the way back the head of each part is computed again. The gradients of
 * its weights are added up part by part, which rounds differently; all else keeps its bytes.
 *
 * @example
 * ```ts
 * const rows = headCrossEntropyRows(g, hidden, (x) => linear(g, x, matrix), targets, 256)
 * ```
 */
export const headCrossEntropyRows = (
  g: GraphBuilder,
  x: Value,
  head: (rows: Value) => Value,
  targets: Value,
  rowsAtOnce: number,
): Value => {
  const total = x.shape[0]!
  if (typeof total !== "number" || !Number.isSafeInteger(rowsAtOnce) || rowsAtOnce < 1)
    throw g.refuse("headCrossEntropyRows", [x, targets], `${total} rows do not part by ${rowsAtOnce}`)
  const count = Math.ceil(total / rowsAtOnce)
  const lengths = Array.from({ length: count }, (_, i) => Math.min(rowsAtOnce, total - i * rowsAtOnce))
  if (count < 2) return crossEntropyRows(g, head(x), targets)
  const rows = ops.split(g, x, lengths, 0)
  const wanted = ops.split(g, targets, lengths, 0)
  const losses = rows.map((part, i) => g.recomputed(() => crossEntropyRows(g, head(part), wanted[i]!)))
  return ops.concat(g, losses, 0)
}
