import { requireFinite } from "./_finite.ts"
import type { WeightTensor } from "./tensor.ts"

/** The values of a tensor, such as a norm or a bias; throws `WeightsError` where one is not finite. */
export const finiteValues = (tensor: WeightTensor): Float32Array => requireFinite(tensor, tensor.values())
