import { ModelError, visibilityMatrix } from "@parade/core"
import type { Visibility } from "@parade/core"

/** Added to the score of a column a row does not see. Finite, because infinities are not safe on every device. */
export const HIDDEN: number = -1e30

/** What a mask is made from. */
export interface MaskInput {
  /** New rows, T. */
  readonly count: number
  /** Committed rows, in the first places. */
  readonly cached: number
  /** Places there are, C; those past `cached` are hidden. */
  readonly capacity: number
  /** Causal where absent. */
  readonly visibility: Visibility | undefined
}

const refuse = (message: string): ModelError =>
  new ModelError({ code: "model.bad-visibility", message, fault: "bug" })

const ruleLength = (visibility: Visibility): number | undefined => {
  switch (visibility.rule) {
    case "ranked":
      return visibility.ranks.length
    case "tree":
      return visibility.parents.length
    case "branches":
      return visibility.branches.length
    case "dense":
      return undefined
  }
}

const isCausal = (visibility: Visibility | undefined): boolean => {
  if (visibility === undefined) return true
  if (visibility.rule !== "ranked" || visibility.cached !== undefined) return false
  const { ranks } = visibility
  for (let i = 1; i < ranks.length; i++) if (ranks[i]! <= ranks[i - 1]!) return false
  return true
}

const fillCausal = (out: Float32Array, { count, cached, capacity }: MaskInput): void => {
  const width = capacity + count
  for (let i = 0; i < count; i++) {
    const at = i * width
    out.fill(0, at, at + cached)
    out.fill(HIDDEN, at + cached, at + capacity)
    out.fill(0, at + capacity, at + capacity + i + 1)
    out.fill(HIDDEN, at + capacity + i + 1, at + width)
  }
}

let scratch = new Uint8Array(0)

const fillByRule = (out: Float32Array, input: MaskInput, visibility: Visibility): void => {
  const { count, cached, capacity } = input
  const length = ruleLength(visibility)
  if (length !== undefined && length !== count)
    throw refuse(`The visibility describes ${length} rows, the forward has ${count}.`)
  const columns = cached + count
  if (scratch.length < count * columns) scratch = new Uint8Array(count * columns)
  try {
    visibilityMatrix(visibility, cached, count, scratch)
  } catch (cause) {
    if (cause instanceof RangeError) throw refuse(cause.message)
    throw cause
  }
  const width = capacity + count
  for (let i = 0; i < count; i++) {
    const from = i * columns
    const at = i * width
    for (let j = 0; j < cached; j++) out[at + j] = scratch[from + j] === 1 ? 0 : HIDDEN
    out.fill(HIDDEN, at + cached, at + capacity)
    for (let j = 0; j < count; j++)
      out[at + capacity + j] = scratch[from + cached + j] === 1 || i === j ? 0 : HIDDEN
  }
}

/** The additive mask `[T, C+T]` of a visibility, into `out`. Allocates nothing in the causal case. */
export const fillMask = (out: Float32Array, input: MaskInput): void => {
  if (isCausal(input.visibility)) {
    const given = input.visibility === undefined ? input.count : ruleLength(input.visibility)
    if (given !== input.count)
      throw refuse(`The visibility describes ${given} rows, the forward has ${input.count}.`)
    fillCausal(out, input)
  } else fillByRule(out, input, input.visibility!)
}

/**
 * The mask of a windowed layer: `full`, and hidden too what lies `window` or more positions away. By position, not by
 * place: rows of a tree share positions, and cached rows may be any.
 */
export const narrowMask = (
  out: Float32Array,
  full: Float32Array,
  window: number,
  input: MaskInput,
  positions: Int32Array,
  cachedPositions: Int32Array,
): void => {
  const { count, cached, capacity } = input
  const width = capacity + count
  out.set(full.subarray(0, count * width))
  for (let i = 0; i < count; i++) {
    const at = i * width
    const here = positions[i]!
    for (let j = 0; j < cached; j++) if (Math.abs(here - cachedPositions[j]!) >= window) out[at + j] = HIDDEN
    for (let j = 0; j < count; j++)
      if (Math.abs(here - positions[j]!) >= window) out[at + capacity + j] = HIDDEN
  }
}
