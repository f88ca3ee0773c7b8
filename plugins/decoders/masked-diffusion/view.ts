import type { History } from "@parade/core"
import {
  type CanvasState,
  type CanvasView,
  makePrediction,
  type Prediction,
  type Stage,
} from "@parade/denoising"
import { drawOf } from "./_draw.ts"
import type { Predicted } from "./denoise.ts"

export interface ViewParts {
  readonly state: CanvasState
  readonly stage: Stage
  readonly predicted: Predicted
  readonly history: History
  readonly seed: number
}

/** What is left of a stage on a canvas that has been filled further. */
export const stageAfter = (stage: Stage, { cells }: CanvasState): Stage => ({
  ...stage,
  groups: stage.groups.map((group) => ({
    ...group,
    positions: group.positions.filter((position) => cells[position] === -1),
  })),
})

/** The view of a canvas that unmaskers decide on. */
export const viewOf = ({ state, stage, predicted, history, seed }: ViewParts): CanvasView => {
  const predictions = new Map<number, Prediction>()
  const path: readonly number[] = []
  for (let index = 0; index < predicted.positions.length; index++) {
    const position = predicted.positions[index]!
    const { raw, processed } = predicted.row(index)
    const inSequence = state.promptLength + position
    predictions.set(
      position,
      makePrediction({
        position,
        raw,
        processed: () => processed({ history, path, position: inSequence }),
        draw: (distribution) => distribution.draw(drawOf(seed, state, position)),
      }),
    )
  }
  const groups = stage.groups.map(({ positions }) =>
    Array.from(positions, (position) => predictions.get(position)!),
  )
  return {
    state,
    stage,
    groups,
    open: groups.flat().sort((a, b) => a.position - b.position),
    prediction: (position) => predictions.get(position),
  }
}
