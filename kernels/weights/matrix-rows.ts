import { WeightsError } from "@parade/core"
import type { Matrix } from "@parade/graph"
import { shortHash } from "./_hash.ts"
import { type CommonForm, commonForm, partsAs } from "./_unify.ts"
import { matrixValues } from "./matrix-values.ts"

type Blocks = Extract<Matrix, { kind: "blocks" }>
type Parts = ReturnType<Blocks["parts"]>

const mismatch = (message: string): WeightsError =>
  new WeightsError({
    code: "weights.shape-mismatch",
    message,
    advice: "Check that the config belongs to these weights.",
  })

const concatParts = (matrices: readonly Matrix[], form: Exclude<CommonForm, "dense">): Parts => {
  const elements = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0)
  const codes = new Uint8Array((elements * form.bits) / 8)
  const scales = new Float32Array(elements / form.block)
  const zeros = form.hasZeros ? new Uint8Array(scales.length) : undefined
  const offsets = form.hasOffsets ? new Float32Array(scales.length) : undefined
  let at = 0
  for (const matrix of matrices) {
    const parts = partsAs(matrix as Blocks, form)
    codes.set(parts.codes, (at * form.bits) / 8)
    scales.set(parts.scales, at / form.block)
    zeros?.set(parts.zeros!, at / form.block)
    offsets?.set(parts.offsets!, at / form.block)
    at += matrix.rows * matrix.columns
  }
  return { codes, scales, ...(zeros && { zeros }), ...(offsets && { offsets }) }
}

/**
 * The rows of several matrices, one after another: packed query, key and value. Forms that differ are brought to one
 * that holds all of them without loss; floats next to blocks make floats. Read one at a time, when asked for.
 */
export const concatRows = (matrices: readonly Matrix[]): Matrix => {
  const [first] = matrices
  if (first === undefined || matrices.some(({ columns }) => columns !== first.columns))
    throw mismatch(`Rows of ${matrices.map(({ columns }) => columns).join(", ")} columns cannot be joined.`)
  if (matrices.length === 1) return first
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0)
  const common = {
    rows,
    columns: first.columns,
    identity: `rows(${matrices.map(({ identity }) => identity).join(";")})`,
  }
  const form = commonForm(matrices)
  if (form !== "dense")
    return { kind: "blocks", ...common, ...form, parts: () => concatParts(matrices, form) }
  return {
    kind: "dense",
    ...common,
    values: () => {
      const out = new Float32Array(rows * first.columns)
      let at = 0
      for (const matrix of matrices) {
        out.set(matrixValues(matrix), at)
        at += matrix.rows * matrix.columns
      }
      return out
    },
  }
}

const takeFrom = <A extends Float32Array | Uint8Array>(
  from: A,
  width: number,
  order: ArrayLike<number>,
  out: A,
): A => {
  for (let i = 0; i < order.length; i++)
    out.set(from.subarray(order[i]! * width, (order[i]! + 1) * width), i * width)
  return out
}

/** The rows named, in their order: a permutation, a selection, or a repetition. */
export const takeRows = (matrix: Matrix, order: ArrayLike<number>): Matrix => {
  for (let i = 0; i < order.length; i++)
    if (!(order[i]! >= 0 && order[i]! < matrix.rows))
      throw mismatch(`Row ${order[i]} is not among the ${matrix.rows} rows of a matrix.`)
  const kept = Int32Array.from(order)
  const common = {
    rows: kept.length,
    identity: `take(${matrix.identity};${shortHash(new Uint8Array(kept.buffer))})`,
  }
  if (matrix.kind === "dense")
    return {
      ...matrix,
      ...common,
      values: () =>
        takeFrom(matrix.values(), matrix.columns, kept, new Float32Array(kept.length * matrix.columns)),
    }
  const blocks = matrix.columns / matrix.block
  const bytes = (matrix.columns * matrix.bits) / 8
  return {
    ...matrix,
    ...common,
    parts: () => {
      const { codes, scales, zeros, offsets } = matrix.parts()
      const count = kept.length * blocks
      return {
        codes: takeFrom(codes, bytes, kept, new Uint8Array(kept.length * bytes)),
        scales: takeFrom(scales, blocks, kept, new Float32Array(count)),
        ...(zeros && { zeros: takeFrom(zeros, blocks, kept, new Uint8Array(count)) }),
        ...(offsets && { offsets: takeFrom(offsets, blocks, kept, new Float32Array(count)) }),
      }
    },
  }
}

const scaled = (values: Float32Array, width: number, factor: number | Float32Array): Float32Array => {
  const out = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++)
    out[i] = values[i]! * (typeof factor === "number" ? factor : factor[Math.floor(i / width)]!)
  return out
}

/** Every row times a factor, or its own factor: `1/√d` folded into the queries. Blocks keep their codes. */
export const scaleRows = (matrix: Matrix, factor: number | Float32Array): Matrix => {
  if (typeof factor !== "number" && factor.length !== matrix.rows)
    throw mismatch(`${factor.length} factors for ${matrix.rows} rows.`)
  if (factor === 1) return matrix
  const kept = typeof factor === "number" ? factor : factor.slice()
  const name = typeof kept === "number" ? `${kept}` : shortHash(new Uint8Array(kept.buffer))
  const identity = `scale(${matrix.identity};${name})`
  if (matrix.kind === "dense")
    return { ...matrix, identity, values: () => scaled(matrix.values(), matrix.columns, kept) }
  return {
    ...matrix,
    identity,
    parts: () => {
      const parts = matrix.parts()
      const blocks = matrix.columns / matrix.block
      const { scales, offsets } = parts
      return {
        ...parts,
        scales: scaled(scales, blocks, kept),
        ...(offsets && { offsets: scaled(offsets, blocks, kept) }),
      }
    },
  }
}
