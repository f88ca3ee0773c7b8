import { roundEven } from "./_round-even.ts"
import { floats, sizeOf } from "./_slot.ts"
import type { Kernel } from "./_slot.ts"

const quantizeKernel: Kernel = (_, [x, scale, zero], make) => {
  const out = make("uint8", x!.dims)
  return () => {
    const [from, to] = [floats(x!), out.data as Uint8Array]
    const [step, middle] = [floats(scale!)[0]!, Number(zero!.data[0])]
    for (let i = 0; i < from.length; i++)
      to[i] = Math.max(0, Math.min(255, roundEven(Math.fround(from[i]! / step)) + middle))
  }
}

const dequantizeKernel: Kernel = (_, [codes, scale, zero], make) => {
  const out = make("float32", codes!.dims)
  return () => {
    const [from, to] = [codes!.data as Uint8Array, floats(out)]
    const [step, middle] = [floats(scale!)[0]!, Number(zero!.data[0])]
    for (let i = 0; i < from.length; i++) to[i] = step * (from[i]! - middle)
  }
}

const productKernel: Kernel = (_, [x, weights, scale, scales, zero], make) => {
  const inner = x!.dims.at(-1)!
  const rows = sizeOf(x!.dims) / inner
  const columns = weights!.dims[1]!
  const out = make("float32", [...x!.dims.slice(0, -1), columns])
  const sums = new Float64Array(columns)
  return () => {
    const [a, b, to] = [x!.data as Uint8Array, weights!.data as Int8Array, floats(out)]
    const [step, steps, middle] = [floats(scale!)[0]!, floats(scales!), Number(zero!.data[0])]
    for (let row = 0; row < rows; row++) {
      sums.fill(0)
      for (let k = 0; k < inner; k++) {
        const factor = a[row * inner + k]! - middle
        for (let n = 0; n < columns; n++) sums[n]! += factor * b[k * columns + n]!
      }
      for (let n = 0; n < columns; n++) to[row * columns + n] = Math.fround(step * steps[n]!) * sums[n]!
    }
  }
}

export const integerKernels: Readonly<Record<string, Kernel>> = {
  QuantizeLinear: quantizeKernel,
  DequantizeLinear: dequantizeKernel,
  MatMulIntegerToFloat: productKernel,
}
