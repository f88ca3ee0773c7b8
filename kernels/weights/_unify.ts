import type { Matrix } from "@parade/graph"

type Blocks = Extract<Matrix, { kind: "blocks" }>

/**
 * The form that holds the rows of all matrices without loss: the smallest blocks, the most bits, zeros and offsets if
 * any has them.
 */
export type CommonForm =
  | (Pick<Blocks, "bits" | "block" | "hasZeros"> & { readonly hasOffsets: boolean })
  | "dense"

export const commonForm = (matrices: readonly Matrix[]): CommonForm => {
  let form: Exclude<CommonForm, "dense"> | undefined
  for (const matrix of matrices) {
    if (matrix.kind === "dense") return "dense"
    if (form === undefined) {
      const { bits, block, hasZeros: zeros, hasOffsets: offsets = false } = matrix
      form = { bits, block, hasZeros: zeros, hasOffsets: offsets }
      continue
    }
    const hasZeros = form.hasZeros || matrix.hasZeros
    form = {
      bits: form.bits === 8 || matrix.bits === 8 || hasZeros ? 8 : 4,
      block: form.block < matrix.block ? form.block : matrix.block,
      hasZeros,
      hasOffsets: form.hasOffsets || matrix.hasOffsets === true,
    }
  }
  return form!
}

const repeat = <A extends Float32Array | Uint8Array>(from: A, times: number, out: A): A => {
  for (let i = 0; i < from.length; i++) out.fill(from[i]!, i * times, (i + 1) * times)
  return out
}

/** 4-bit codes around 8 become 8-bit codes around 128. */
const widen = (codes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(codes.length * 2)
  for (let i = 0; i < codes.length; i++) {
    out[2 * i] = (codes[i]! & 15) + 120
    out[2 * i + 1] = (codes[i]! >> 4) + 120
  }
  return out
}

/** The parts of a matrix in a form at least as fine as its own. */
export const partsAs = (matrix: Blocks, form: Exclude<CommonForm, "dense">): ReturnType<Blocks["parts"]> => {
  const parts = matrix.parts()
  const times = matrix.block / form.block
  const blocks = parts.scales.length * times
  const codes = matrix.bits < form.bits ? widen(parts.codes) : parts.codes
  const scales = times === 1 ? parts.scales : repeat(parts.scales, times, new Float32Array(blocks))
  const given = parts.zeros ?? new Uint8Array(parts.scales.length).fill(128)
  const zeros = times === 1 ? given : repeat(given, times, new Uint8Array(blocks))
  // Adding −0 leaves every number as it is.
  const added = parts.offsets ?? new Float32Array(parts.scales.length).fill(-0)
  const offsets = times === 1 ? added : repeat(added, times, new Float32Array(blocks))
  return { codes, scales, ...(form.hasZeros && { zeros }), ...(form.hasOffsets && { offsets }) }
}
