import type { CanvasView, Edit, Unmasker, Unmasking } from "@parade/denoising"
import { nullModel } from "../models/null-model.ts"

/** An unmasker opened on the canvas of a view, its stage begun. */
export const openUnmasker = (unmasker: Unmasker, view: CanvasView, seed = 1): Unmasking => {
  const { promptLength, length } = view.state
  const unmasking = unmasker.open({ promptLength, length, info: nullModel({ vocabularySize: 8 }).info, seed })
  unmasking.begin?.(view.state, view.stage)
  return unmasking
}

/** The positions of an edit, ascending. */
export const positionsOf = ({ positions }: Edit): readonly number[] => [...positions].sort((a, b) => a - b)

/** The positions that an unmasker fills first on a canvas; of its first candidate, where there are several. */
export const fills = (unmasker: Unmasker, view: CanvasView, seed = 1): readonly number[] =>
  positionsOf(openUnmasker(unmasker, view, seed).propose(view)[0])
