import { broadcastDims, broadcastPlaces, floatAttribute, floats, integerAttribute, sizeOf } from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

/**
 * `out[m, n] = alpha · Σₖ a[m, k] · b[k, n] + bias[m, n]`, the sum in float64 and in the order of `k`, so that a row of
 * the result depends on its own row of `a` alone and terms of zero change nothing.
 */
export const product = (
  a: Float32Array,
  aAt: number,
  b: Float32Array,
  bAt: number,
  transposeB: boolean,
  out: Float32Array,
  outAt: number,
  rows: number,
  inner: number,
  columns: number,
  alpha = 1,
  bias?: Float32Array,
  transposeA = false,
): void => {
  // A bias of one row goes to all of them.
  const biasStep = bias === undefined || bias.length === columns ? 0 : columns
  const columnStep = transposeB ? inner : 1
  const innerStep = transposeB ? 1 : columns
  const rowStep = transposeA ? 1 : inner
  const alongRow = transposeA ? rows : 1
  for (let m = 0; m < rows; m++) {
    const row = aAt + m * rowStep
    for (let n = 0; n < columns; n++) {
      let at = bAt + n * columnStep
      let sum = 0
      for (let k = 0; k < inner; k++) {
        sum += a[row + k * alongRow]! * b[at]!
        at += innerStep
      }
      sum *= alpha
      out[outAt + m * columns + n] = bias === undefined ? sum : sum + bias[m * biasStep + n]!
    }
  }
}

const batchedProduct = (
  a: Slot,
  b: Slot,
  transposeA: boolean,
  transposeB: boolean,
  alpha: number,
  out: Slot,
): (() => void) => {
  const [rows, inner] = (transposeA ? a.dims.slice(-2).toReversed() : a.dims.slice(-2)) as [number, number]
  const columns = out.dims.at(-1)!
  const batch = out.dims.slice(0, -2)
  const batches = sizeOf(batch)
  const [fromA, fromB] = [a, b].map((slot) => broadcastPlaces(slot.dims.slice(0, -2), batch))
  return () => {
    for (let i = 0; i < batches; i++)
      product(
        floats(a),
        (fromA?.[i] ?? i) * rows * inner,
        floats(b),
        (fromB?.[i] ?? i) * inner * columns,
        transposeB,
        floats(out),
        i * rows * columns,
        rows,
        inner,
        columns,
        alpha,
        undefined,
        transposeA,
      )
  }
}

const matMulKernel =
  (fused: boolean): Kernel =>
  (node, [a, b], make) => {
    const transposeA = fused && integerAttribute(node, "transA", 0) === 1
    const transposeB = fused && integerAttribute(node, "transB", 0) === 1
    const alpha = fused ? floatAttribute(node, "alpha", 1) : 1
    const batch = broadcastDims(a!.dims.slice(0, -2), b!.dims.slice(0, -2))
    const columns = b!.dims.at(transposeB ? -2 : -1)!
    const rows = a!.dims.at(transposeA ? -1 : -2)!
    return batchedProduct(a!, b!, transposeA, transposeB, alpha, make(a!.type, [...batch, rows, columns]))
  }

const gemmKernel: Kernel = (node, [x, w, bias], make) => {
  const transposeB = integerAttribute(node, "transB", 0) === 1
  const transposeA = integerAttribute(node, "transA", 0) === 1
  const [rows, inner] = (transposeA ? x!.dims.toReversed() : x!.dims) as [number, number]
  const columns = w!.dims[transposeB ? 0 : 1]!
  const out = make(x!.type, [rows, columns])
  return () =>
    product(
      floats(x!),
      0,
      floats(w!),
      0,
      transposeB,
      floats(out),
      0,
      rows,
      inner,
      columns,
      1,
      bias === undefined ? undefined : floats(bias),
      transposeA,
    )
}

export const productKernels: Readonly<Record<string, Kernel>> = {
  MatMul: matMulKernel(false),
  FusedMatMul: matMulKernel(true),
  Gemm: gemmKernel,
}
