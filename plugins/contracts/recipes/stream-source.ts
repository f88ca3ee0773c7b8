import { uniform } from "@parade/core"
import { tokenWindows } from "@parade/training"
import type { TokenSource } from "./source.ts"
import { windowOf } from "./source.ts"

export interface StreamSourceOptions {
  readonly name: string
  /** Texts as tokens, one after another. */
  readonly train: Int32Array
  readonly heldOut: Int32Array
  /** Tokens of a window. */
  readonly length: number
  readonly seed: number
}

/**
 * Windows of running text: to train on from any token on, held-out ones side by side from the beginning.
 *
 * @throws TrainingError `training.too-little-data` where a part has not one window.
 */
export const streamSource = ({ name, train, heldOut, length, seed }: StreamSourceOptions): TokenSource => {
  tokenWindows(train, length)
  const held = tokenWindows(heldOut, length)
  const starts = train.length - length
  return {
    name,
    window: (place) => {
      const start = Math.floor(uniform(seed, "noise", place, 1) * starts)
      return windowOf(train.subarray(start, start + length + 1))
    },
    heldOut: (place) => held.window(place % held.count),
  }
}
