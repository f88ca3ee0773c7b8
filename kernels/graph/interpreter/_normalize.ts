import {
  floatAttribute,
  floats,
  integerAttribute,
  knownIntegers,
  placesOf,
  sizeOf,
  stridesOf,
  unsupported,
} from "./_slot.ts"
import type { Kernel } from "./_slot.ts"

const softmaxKernel: Kernel = (_, [x], make) => {
  const width = x!.dims.at(-1)!
  const rows = sizeOf(x!.dims.slice(0, -1))
  const out = make(x!.type, x!.dims)
  const powers = new Float64Array(width)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    for (let row = 0; row < rows; row++) {
      const at = row * width
      let top = -Infinity
      for (let i = 0; i < width; i++) if (from[at + i]! > top) top = from[at + i]!
      let sum = 0
      for (let i = 0; i < width; i++) {
        const power = Math.exp(from[at + i]! - top)
        powers[i] = power
        sum += power
      }
      for (let i = 0; i < width; i++) to[at + i] = powers[i]! / sum
    }
  }
}

const logSoftmaxKernel: Kernel = (_, [x], make) => {
  const width = x!.dims.at(-1)!
  const out = make(x!.type, x!.dims)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    for (let at = 0; at < to.length; at += width) {
      let top = -Infinity
      for (let i = 0; i < width; i++) if (from[at + i]! > top) top = from[at + i]!
      let sum = 0
      for (let i = 0; i < width; i++) sum += Math.exp(from[at + i]! - top)
      const whole = top + Math.log(sum)
      for (let i = 0; i < width; i++) to[at + i] = from[at + i]! - whole
    }
  }
}

/** Along the last axis. */
const cumSumKernel: Kernel = (node, [x, axis], make) => {
  const last = x!.dims.length - 1
  if (knownIntegers(node, axis)[0] !== last) throw unsupported(node, "it adds up along the last axis")
  const width = x!.dims[last]!
  const out = make(x!.type, x!.dims)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    let sum = 0
    for (let i = 0; i < to.length; i++) {
      if (i % width === 0) sum = 0
      to[i] = sum += from[i]!
    }
  }
}

/** Folds the reduced axes, in row-major order, into each element of the rest. */
const reduce =
  (
    start: number,
    fold: (sum: number, x: number) => number,
    finish: (sum: number, count: number) => number,
  ): Kernel =>
  (node, [x, axes], make) => {
    const reduced = new Set(
      knownIntegers(node, axes).map((axis) => (axis < 0 ? axis + x!.dims.length : axis)),
    )
    const strides = stridesOf(x!.dims)
    const part = (keep: boolean): Int32Array => {
      const chosen = x!.dims.map((_, axis) => axis).filter((axis) => reduced.has(axis) !== keep)
      return placesOf(
        chosen.map((axis) => x!.dims[axis]!),
        chosen.map((axis) => strides[axis]!),
      )
    }
    const kept = part(true)
    const offsets = part(false)
    const ones = x!.dims.map((size, axis) => (reduced.has(axis) ? 1 : size))
    const dims =
      integerAttribute(node, "keepdims", 1) === 1 ? ones : x!.dims.filter((_, i) => !reduced.has(i))
    const out = make(x!.type, dims)
    return () => {
      const from = floats(x!)
      const to = floats(out)
      for (let i = 0; i < kept.length; i++) {
        let sum = start
        for (let j = 0; j < offsets.length; j++) sum = fold(sum, from[kept[i]! + offsets[j]!]!)
        to[i] = finish(sum, offsets.length)
      }
    }
  }

const layerNormalizationKernel: Kernel = (node, [x, scale, bias], make) => {
  const width = x!.dims.at(-1)!
  const rows = sizeOf(x!.dims.slice(0, -1))
  const epsilon = floatAttribute(node, "epsilon", 1e-5)
  const out = make(x!.type, x!.dims)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    for (let at = 0; at < rows * width; at += width) {
      let mean = 0
      for (let i = 0; i < width; i++) mean += from[at + i]!
      mean /= width
      let variance = 0
      for (let i = 0; i < width; i++) variance += (from[at + i]! - mean) ** 2
      const factor = 1 / Math.sqrt(variance / width + epsilon)
      for (let i = 0; i < width; i++) {
        const shifted = (from[at + i]! - mean) * factor * floats(scale!)[i]!
        to[at + i] = bias === undefined ? shifted : shifted + floats(bias)[i]!
      }
    }
  }
}

/** `out = x / √(mean(x²) + epsilon) · scale` for each row. */
export const rmsNormalize = (
  x: Float32Array,
  scale: Float32Array,
  epsilon: number,
  out: Float32Array,
  inverse?: Float32Array,
): void => {
  const width = scale.length
  for (let at = 0; at < x.length; at += width) {
    let sum = 0
    for (let i = 0; i < width; i++) sum += x[at + i]! * x[at + i]!
    const factor = 1 / Math.sqrt(sum / width + epsilon)
    for (let i = 0; i < width; i++) out[at + i] = x[at + i]! * factor * scale[i]!
    if (inverse !== undefined) inverse[at / width] = factor
  }
}

const simplifiedKernel: Kernel = (node, [x, scale], make) => {
  const epsilon = floatAttribute(node, "epsilon", 1e-5)
  const out = make(x!.type, x!.dims)
  const inverse = node.outputs.length > 1 ? make(x!.type, [...x!.dims.slice(0, -1), 1]) : undefined
  return () => rmsNormalize(floats(x!), floats(scale!), epsilon, floats(out), inverse && floats(inverse))
}

const skipSimplifiedKernel: Kernel = (node, [x, skip, scale], make) => {
  const epsilon = floatAttribute(node, "epsilon", 1e-5)
  const out = make(x!.type, x!.dims)
  const sum = make(x!.type, x!.dims)
  return () => {
    const [a, b, total] = [floats(x!), floats(skip!), floats(sum)]
    for (let i = 0; i < total.length; i++) total[i] = a[i]! + b[i]!
    rmsNormalize(total, floats(scale!), epsilon, floats(out))
  }
}

export const normalizeKernels: Readonly<Record<string, Kernel>> = {
  Softmax: softmaxKernel,
  LogSoftmax: logSoftmaxKernel,
  CumSum: cumSumKernel,
  ReduceSum: reduce(
    0,
    (sum, x) => sum + x,
    (sum) => sum,
  ),
  ReduceSumSquare: reduce(
    0,
    (sum, x) => sum + x * x,
    (sum) => sum,
  ),
  ReduceMean: reduce(
    0,
    (sum, x) => sum + x,
    (sum, count) => sum / count,
  ),
  ReduceMax: reduce(
    -Infinity,
    // NaN where any is: onnxruntime gives it at least where all are.
    Math.max,
    (top) => top,
  ),
  LayerNormalization: layerNormalizationKernel,
  SimplifiedLayerNormalization: simplifiedKernel,
  SkipSimplifiedLayerNormalization: skipSimplifiedKernel,
}
