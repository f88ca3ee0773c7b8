import { WeightsError } from "@parade/core"
import type { WeightTensor } from "./tensor.ts"

export const notFinite = (tensor: WeightTensor): WeightsError =>
  new WeightsError({
    code: "weights.not-finite",
    message: `Tensor ${tensor.name} holds a number that is not finite.`,
    advice: "The checkpoint is damaged, or its training diverged: use another.",
    path: tensor.name,
  })

/** Whether all numbers are finite. */
export const isFinite = (values: Float32Array): boolean => {
  // x − x is 0 for finite x and NaN otherwise; NaN stays in the sum.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
  return sum === 0
}

/** The values themselves, or `weights.not-finite`. */
export const requireFinite = (tensor: WeightTensor, values: Float32Array): Float32Array => {
  if (!isFinite(values)) throw notFinite(tensor)
  return values
}
