import type { Distribution } from "./distribution.ts"
import type { Model, Outputs } from "./model.ts"
import { pointDistribution } from "./point-distribution.ts"
import { argmaxOf, readoutNames } from "./readout.ts"
import type { Sampler, SamplerContext } from "./sampler.ts"

/** How the rows of a forward become distributions. */
export interface RowReader {
  /** The output to ask for: whole rows of `logits`, or `argmax`. */
  readonly output: string
  /** What the sampler makes of the row at `index` of that output. */
  readonly distribution: (outputs: Outputs, index: number, context: SamplerContext) => Distribution
}

/**
 * Whole rows for a sampler that looks at them; where it reads the greatest logit alone and the model has the output
 * `argmax`, no row is copied out of the device. `others` are read of the same forwards: where whole rows are among them,
 * there is nothing to save.
 */
export const rowReader = (
  { info }: Pick<Model, "info">,
  sampler: Sampler,
  others: readonly string[] = [],
): RowReader =>
  sampler.temperature === 0 && info.outputs.includes(readoutNames.argmax) && !others.includes("logits")
    ? {
        output: readoutNames.argmax,
        distribution: (outputs, index) =>
          pointDistribution(info.vocabularySize, argmaxOf(outputs[readoutNames.argmax]!.row(index))),
      }
    : {
        output: "logits",
        distribution: (outputs, index, context) => sampler.process(outputs["logits"]!.row(index), context),
      }
