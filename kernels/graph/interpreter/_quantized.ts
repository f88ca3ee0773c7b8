import type { Node } from "../graph.ts"
import { dequantize } from "../quantization.ts"
import { requireIndex } from "./_layout.ts"
import { product } from "./_product.ts"
import { floats, integerAttribute, sizeOf, unsupported } from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

const decoded = new WeakMap<object, Float32Array>()

/** The dequantised values of constants, worked out once for all shapes a graph is prepared for. */
const decodedOnce = (node: Node, codes: Slot, scales: Slot, zeros: Slot | undefined): Float32Array => {
  if (!codes.known || !scales.known || zeros?.known === false)
    throw unsupported(node, "its weights are not constants")
  const known = decoded.get(codes.data)
  if (known !== undefined) return known
  const bits = integerAttribute(node, "bits", 4) === 8 ? 8 : 4
  if (zeros !== undefined && bits !== 8) throw unsupported(node, "4-bit zeros are packed")
  const values = dequantize(
    codes.data as Uint8Array,
    floats(scales),
    zeros?.data as Uint8Array | undefined,
    bits,
    integerAttribute(node, "block_size", 32),
  )
  decoded.set(codes.data, values)
  return values
}

const matMulKernel: Kernel = (node, [x, codes, scales, zeros, , bias], make) => {
  const columns = integerAttribute(node, "N", 0)
  const inner = integerAttribute(node, "K", 0)
  const weights = decodedOnce(node, codes!, scales!, zeros)
  const rows = sizeOf(x!.dims.slice(0, -1))
  const out = make(x!.type, [...x!.dims.slice(0, -1), columns])
  return () =>
    product(
      floats(x!),
      0,
      weights,
      0,
      true,
      floats(out),
      0,
      rows,
      inner,
      columns,
      1,
      bias === undefined ? undefined : floats(bias),
    )
}

const gatherKernel: Kernel = (node, [codes, indices, scales, zeros], make) => {
  const rows = codes!.dims[0]!
  const weights = decodedOnce(node, codes!, scales!, zeros)
  const columns = weights.length / rows
  const out = make("float32", [...indices!.dims, columns])
  return () => {
    const to = floats(out)
    for (let i = 0; i < indices!.data.length; i++) {
      const row = requireIndex(node, Number(indices!.data[i]), rows)
      to.set(weights.subarray(row * columns, (row + 1) * columns), i * columns)
    }
  }
}

export const quantizedKernels: Readonly<Record<string, Kernel>> = {
  MatMulNBits: matMulKernel,
  GatherBlockQuantized: gatherKernel,
}
