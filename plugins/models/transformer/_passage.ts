import { ModelError } from "@parade/core"
import type { Rows } from "@parade/core"
import type { Feed } from "@parade/graph"

/** How far the rows of a forward have come, where a further one may take them on. */
export interface Passage {
  /** Of the last forward: those that are pending, and those that entered behind the first layer. */
  readonly rows: Rows
  /** Layers passed. */
  readonly passed: number
  /** By output: what the rows store in the layers passed. */
  readonly stored: Readonly<Record<string, Feed>>
}

/** What is wrong with rows that enter layer `from` where rows are pending, if anything. */
export const checkPassage = (
  earlier: Passage | undefined,
  rows: Rows,
  from: number,
): ModelError | undefined => {
  if (earlier === undefined || earlier.passed < from)
    return new ModelError({
      code: "model.layers-skipped",
      message: `The pending rows have passed ${earlier?.passed ?? "all"} layers and cannot go on from layer ${from}.`,
      advice: "Forward the layers before, or commit nothing of what is pending first.",
      fault: "bug",
    })
  const before = earlier.rows.positions
  const count = before.length
  const fits = rows.positions.length >= count && before.every((position, i) => position === rows.positions[i])
  return fits
    ? undefined
    : new ModelError({
        code: "model.bad-rows",
        message: `The first ${count} rows of a forward from layer ${from} are the rows pending, at their positions.`,
        fault: "bug",
      })
}
