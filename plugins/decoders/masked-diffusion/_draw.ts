import { uniform } from "@parade/core"
import type { CanvasState } from "@parade/denoising"

/**
 * What the token of a position is drawn by: keyed by seed, position and how many positions are filled, it is another draw in
 * every step and the same in every way that leads to the same canvas.
 */
export const drawOf = (seed: number, { promptLength, filled }: CanvasState, position: number): number =>
  uniform(seed, "token", promptLength + position, filled)
