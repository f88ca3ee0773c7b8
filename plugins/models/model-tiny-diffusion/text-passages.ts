import { uniform } from "@parade/core"
import { streamSource } from "@parade/recipes"
import type { PassageSource } from "./passage.ts"

/** The longest beginning of a passage that is given, as a share of it. */
const mostGiven = 0.75

/**
 * Passages of running text, one a sequence: to train on, half of them wholly masked and the others with a beginning of
 * any length given; of those held out the first token is given, as it is to a model that reads from left to right.
 *
 * @throws TrainingError `training.too-little-data` where a part has not one sequence.
 */
export const textPassages = (options: {
  readonly name: string
  readonly train: Int32Array
  readonly heldOut: Int32Array
  readonly length: number
  readonly seed: number
}): PassageSource => {
  const { name, train, length, seed } = options
  const windows = streamSource(options)
  return {
    name,
    sequence: (place) => {
      const u = 2 * uniform(seed, "noise", place, 5)
      return [{ tokens: windows.window(place).tokens, given: u < 1 ? Math.floor(u * mostGiven * length) : 0 }]
    },
    heldOut: (place) => [{ tokens: windows.heldOut(place).tokens, given: 1 }],
    counted: () => train,
  }
}
