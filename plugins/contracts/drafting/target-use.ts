import type { OutputRows, Outputs, SlotNeed } from "@parade/core"

/**
 * What a drafter takes of its target beside tokens. Outputs are names that `forward` knows: `hidden.final` (exactly what
 * the LM head reads), `logits`. What is not named here is not computed for the drafter.
 */
export interface TargetUse {
  /** Read at every row that is committed, those of the prompt among them. */
  readonly committed?: readonly string[]
  /** Read at the newest committed row. */
  readonly newest?: readonly string[]
  /** Read at every proposal that was verified, whether it stood or not. */
  readonly proposals?: readonly string[]
  /** Read at auxiliary rows. */
  readonly auxiliary?: readonly string[]
  /** Auxiliary rows are vectors. */
  readonly vectors?: boolean
  /**
   * Layers, ascending, that auxiliary rows enter at behind the first: there the target is cut, and the draft makes the rows
   * of what others are there (`enter`).
   */
  readonly enters?: readonly number[]
  /** The target's LM head is applied to rows of the drafter's own. */
  readonly head?: boolean
}

/** What was read of the target in a round; copies, for the drafter to keep. */
export interface Readings {
  /** At the rows committed in this round, in the order of the text. */
  readonly committed: Outputs
  /** At the newest committed row: one row each. */
  readonly newest: Outputs
  /** By node of the tree verified. */
  readonly proposals: Outputs
  /** By auxiliary row of the tree verified. */
  readonly auxiliary: Outputs
}

/** Nothing was forwarded, or nothing is read. */
export const noReadings: Readings = { committed: {}, newest: {}, proposals: {}, auxiliary: {} }

/** The names of all outputs a drafter reads. */
export const outputsUsed = (use: TargetUse): readonly string[] => [
  ...new Set([use.committed, use.newest, use.proposals, use.auxiliary].flatMap((names) => names ?? [])),
]

/** What a plugin of the kind `drafter` declares as its needs, so that a model that cannot give it is told at once. */
export const targetNeeds = (use: TargetUse): readonly SlotNeed[] => [
  ...outputsUsed(use).map((value) => ({ hostSlot: "model", name: "output", value })),
  ...(use.vectors === true ? [{ hostSlot: "model", name: "vectors", value: "auxiliary rows" }] : []),
  ...(use.enters ?? []).map((value) => ({ hostSlot: "model", name: "cut", value })),
  ...(use.head === true ? [{ hostSlot: "model", name: "head", value: "drafts" }] : []),
]

/** The rows named of an output, copied. */
export const copyRows = (output: OutputRows, rows: ArrayLike<number>): OutputRows => {
  const { width } = output
  const data = new Float32Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) data.set(output.row(rows[i]!), i * width)
  return {
    count: rows.length,
    width,
    data,
    row: (index) => data.subarray(index * width, (index + 1) * width),
  }
}
