import { type History, logitsDistribution, type Sampler, uniform } from "@parade/core"
import {
  type CanvasState,
  type CanvasView,
  makePrediction,
  type Prediction,
  type Stage,
} from "@parade/denoising"
import type { Logits } from "./denoise.ts"

export interface ViewParts {
  readonly state: CanvasState
  readonly stage: Stage
  readonly logits: Logits
  readonly history: History
  readonly sampler: Sampler
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
export const viewOf = ({ state, stage, logits, history, sampler, seed }: ViewParts): CanvasView => {
  const predictions = new Map<number, Prediction>()
  const path: readonly number[] = []
  logits.positions.forEach((position, index) => {
    const inSequence = state.promptLength + position
    predictions.set(
      position,
      makePrediction({
        position,
        raw: logitsDistribution(logits.row(index)),
        processed: () => sampler.process(logits.row(index), { history, path, position: inSequence }),
        draw: (processed) => processed.draw(uniform(seed, "token", inSequence, state.filled)),
      }),
    )
  })
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
