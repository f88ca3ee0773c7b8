import { type History, uniform } from "@parade/core"
import {
  type CanvasState,
  type CanvasView,
  makePrediction,
  type Prediction,
  type Stage,
} from "@parade/denoising"
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

/**
 * The view of a canvas that unmaskers decide on. A token is drawn by seed, position and how many positions are filled:
 * another draw in every step, the same in every way that leads to the same canvas.
 */
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
        draw: (distribution) => distribution.draw(uniform(seed, "token", inSequence, state.filled)),
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
