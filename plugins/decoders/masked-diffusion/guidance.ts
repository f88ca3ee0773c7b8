import type { Canvas, ModelInfo, Rows } from "@parade/core"
import type { CanvasState } from "@parade/denoising"
import type { CanvasCache } from "./canvas-cache.ts"

/** What predictions are led away from: those of the same canvas without anything that was given. */
export interface Guidance {
  /** `w`; logits become `u + (w + 1)(c − u)`. */
  readonly strength: number
  /** The prompt, all of it masked. */
  readonly prompt: Rows
  /** The state with the tokens masked that the canvas began with; its counts are those of the state. */
  readonly without: (state: CanvasState) => CanvasState
  /** Rows of these forwards; holds the same positions as the cache of the others. */
  readonly cached: CanvasCache
}

/** Guidance on a canvas of which nothing has been filled yet. */
export const guidanceOf = (
  { maskToken }: Pick<ModelInfo, "maskToken">,
  strength: number,
  { cells: given }: Pick<Canvas, "cells">,
  { tokens, positions, labels }: Rows,
  cached: CanvasCache,
): Guidance => {
  const fixed = Array.from(given.keys()).filter((position) => given[position]! >= 0)
  return {
    strength,
    prompt: {
      tokens: new Int32Array(tokens.length).fill(maskToken!),
      positions,
      ...(labels === undefined ? {} : { labels }),
    },
    without: (state) => {
      const cells = state.cells.slice()
      for (const position of fixed) if (position < cells.length) cells[position] = -1
      return { ...state, cells }
    },
    cached,
  }
}

/** Leads logits `c` away from `u`, in place: `u + (w + 1)(c − u)`. */
export const mixed = (c: Float32Array, u: Float32Array, w: number): void => {
  for (let i = 0; i < c.length; i++) c[i] = u[i]! + (w + 1) * (c[i]! - u[i]!)
}
