import type { Matrix } from "@parade/graph"

type Blocks = Extract<Matrix, { kind: "blocks" }>

/** The form that holds the rows of all matrices without loss: the smallest blocks, the most bits, zeros if any has them. */
export type CommonForm = Pick<Blocks, "bits" | "block" | "hasZeros"> | "dense"

export const commonForm = (matrices: readonly Matrix[]): CommonForm => {
  let form: Exclude<CommonForm, "dense"> | undefined
  for (const matrix of matrices) {
    if (matrix.kind === "dense") return "dense"
    if (form === undefined) {
      form = { bits: matrix.bits, block: matrix.block, hasZeros: matrix.hasZeros }
      continue
    }
    const hasZeros = form.hasZeros || matrix.hasZeros
    form = {
      bits: form.bits === 8 || matrix.bits === 8 || hasZeros ? 8 : 4,
      block: form.block < matrix.block ? form.block : matrix.block,
      hasZeros,
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
  if (!form.hasZeros) return { codes, scales }
  const zeros =
    parts.zeros === undefined
      ? new Uint8Array(blocks).fill(128)
      : times === 1
        ? parts.zeros
        : repeat(parts.zeros, times, new Uint8Array(blocks))
  return { codes, scales, zeros }
}
