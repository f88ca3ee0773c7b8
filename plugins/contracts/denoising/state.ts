import type { Canvas } from "@parade/core"

/**
 * A canvas as it stands, or as a candidate would leave it. Positions count from its beginning; those of the prompt are
 * negative, so that `-1` is the row before the first position.
 */
export interface CanvasState extends Pick<
  Canvas,
  "length" | "cells" | "filled" | "masked" | "spans" | "answer" | "leastLength" | "isEnd"
> {
  /** Rows of the prompt: positions `-promptLength … -1`. */
  readonly promptLength: number
}

/** The masked positions of `[start, end)`, ascending. */
export const maskedPositions = (
  { cells }: Pick<CanvasState, "cells">,
  start = 0,
  end: number = cells.length,
): Int32Array => {
  const positions: number[] = []
  for (let i = Math.max(0, start); i < Math.min(end, cells.length); i++)
    if (cells[i] === -1) positions.push(i)
  return Int32Array.from(positions)
}
