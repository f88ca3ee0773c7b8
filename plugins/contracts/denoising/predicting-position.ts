import type { ModelInfo } from "@parade/core"

/**
 * The position whose row predicts a masked position: its own (LLaDA), or the one before it (Dream, whose weights came
 * from a model of the next token). The only place that knows of this shift. Before the first row there is none: it
 * speaks for itself.
 */
export const predictingPosition = (
  info: Pick<ModelInfo, "maskedRowPredicts">,
  position: number,
  promptLength: number,
): number => (info.maskedRowPredicts === "next" ? Math.max(position - 1, -promptLength) : position)
