import * as Effect from "effect/Effect"
import type { DecodeFailure } from "./decoder.ts"
import type { Model, ModelInfo } from "./model.ts"
import { firstRows, Label, type Rows, tokenRows } from "./rows.ts"
import type { MutableSequence, Sequence } from "./sequence.ts"

/** The rows of the tokens that no committed row stands for yet, at their places in the history. */
const outstandingRows = (info: ModelInfo, { history, outstanding }: Sequence): Rows => {
  const start = history.length - outstanding
  const rows = tokenRows(history.tokens.subarray(start), start, Label.output)
  const axes = info.positionAxes
  return axes === 1
    ? rows
    : {
        ...rows,
        positions: Int32Array.from({ length: outstanding * axes }, (_, i) => start + Math.floor(i / axes)),
      }
}

/**
 * Forwards the outstanding tokens and commits their rows; `outputs` then has the logits of the last one, or the output
 * named. Gives how many rows that were: none, and no forward, where nothing is outstanding.
 */
export const advance = (
  model: Model,
  sequence: MutableSequence,
  output = "logits",
): Effect.Effect<number, DecodeFailure> =>
  Effect.suspend(() => {
    const count = sequence.outstanding
    if (count === 0) return Effect.succeed(0)
    const { cache } = sequence
    const outputs = [{ name: output, rows: [count - 1] }]
    return Effect.flatMap(
      model.forward(outstandingRows(model.info, sequence), { cache, outputs, phase: "step" }),
      (result) => {
        sequence.outputs = result
        return Effect.map(cache.commit(firstRows(count)), () => {
          sequence.outstanding -= count
          return count
        })
      },
    )
  })
