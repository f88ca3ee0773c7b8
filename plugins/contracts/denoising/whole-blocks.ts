import { RequestError } from "@parade/core"
import type { CanvasShape } from "./schedule.ts"

/** What is wrong with a canvas that is longer than a block of so many positions and does not divide into such, if anything. */
export const checkWholeBlocks = (
  { length }: Pick<CanvasShape, "length">,
  block: number,
): RequestError | undefined => {
  const rest = length % block
  if (length <= block || rest === 0) return undefined
  return new RequestError({
    code: "request.block-does-not-divide",
    path: "target",
    message: `A canvas of ${length} positions does not divide into blocks of ${block}.`,
    advice: `Ask for ${length - rest} or ${length - rest + block} positions, set the length of the schedule's blocks, or open the canvas whole (@parade/whole-canvas), as texts with holes may want.`,
  })
}
