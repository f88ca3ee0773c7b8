import type { Tensor } from "@parade/graph"
import type { Tensor as OrtTensor } from "onnxruntime-node"
import type { Runtime } from "./_runtime.ts"

/** Turns host tensors into onnxruntime's; the same object gives the same wrapper, as long as it lives. */
export const makeWrapper = (runtime: Runtime): ((tensor: Tensor) => OrtTensor) => {
  const known = new WeakMap<Tensor, OrtTensor>()
  return (tensor) => {
    const found = known.get(tensor)
    if (found !== undefined) return found
    const wrapped = new runtime.Tensor(tensor.type, tensor.data, tensor.dims) as OrtTensor
    known.set(tensor, wrapped)
    return wrapped
  }
}

/** What onnxruntime gave, as a tensor of ours. */
export const unwrap = (tensor: OrtTensor): Tensor => tensor as unknown as Tensor
