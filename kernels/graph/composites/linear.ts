import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { Matrix, RowMatrix, Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"
import { roundRows, weighProducts } from "./_round-rows.ts"
import { blockConstants, floatConstant, rowConstants, vectorConstant } from "./_weights.ts"
import type { BlockMatrix } from "./_weights.ts"

const requireBlocks = (g: GraphBuilder, op: string, matrix: BlockMatrix): void => {
  if (matrix.columns % matrix.block !== 0)
    throw g.refuse(op, [], `${matrix.columns} columns are no whole number of blocks of ${matrix.block}`)
  if (matrix.hasZeros && matrix.bits !== 8) throw g.refuse(op, [], "zeros go with codes of 8 bits only")
}

/** The sums of `x` over blocks of its columns, `[T, columns / block]`; once for all matrices that read the same rows. */
const blockSums = (g: GraphBuilder, x: Value, columns: number, block: number): Value =>
  g.memo(`block sums ${x.name} ${block}`, () => {
    const shape = [x.shape[0]!, columns / block]
    const blocks = ops.reshape(g, x, [...shape, block])
    return ops.reduceSum(g, blocks, [2], false)
  })

const rowProduct = (g: GraphBuilder, x: Value, matrix: RowMatrix, addend: Value | undefined): Value => {
  const { factors, inputBits } = matrix
  const { codes, scale, zero, spans } = roundRows(g, x, factors, inputBits)
  const products = ops.matMulIntegerToFloat(g, { codes, scale, zero }, rowConstants(g, matrix))
  const scaled = weighProducts(g, products, spans)
  return addend === undefined ? scaled : ops.add(g, scaled, addend)
}

const multiply = (
  g: GraphBuilder,
  x: Value,
  matrix: Matrix | RowMatrix,
  addend: Value | undefined,
): Value => {
  if (matrix.kind === "rows" && g.uses("MatMulIntegerToFloat")) return rowProduct(g, x, matrix, addend)
  if (matrix.kind !== "blocks" || !g.uses("MatMulNBits"))
    return ops.gemm(g, x, floatConstant(g, matrix), addend)
  requireBlocks(g, "linear", matrix)
  const { rows, columns, block, bits } = matrix
  const weights = blockConstants(g, matrix, [rows, columns / block, (block * bits) / 8])
  const product = ops.matMulNBits(g, x, weights, matrix, addend)
  if (weights.offsets === undefined) return product
  return ops.gemm(g, blockSums(g, x, columns, block), weights.offsets, product)
}

/**
 * `x · Wᵀ + bias` for rows `x` `[T, columns]`: `[T, rows]`. Dense weights stay as files hold them; weights in blocks stay
 * quantised where the device has the operator, which then rounds activations to 8 bits per block. Offsets of blocks
 * multiply the sums of the row over each block, in floats. Weights with one scale per row round activations to 8 or 16
 * bits per row; the builder's rule may choose that form.
 */
export const linear = (g: GraphBuilder, x: Value, matrix: Matrix | RowMatrix, bias?: Vector): Value => {
  const addend = bias === undefined ? undefined : vectorConstant(g, bias)
  const build = (form: Matrix | RowMatrix): Value => multiply(g, x, form, addend)
  const { linear: rule } = g.lowering
  return rule === undefined || matrix.kind === "rows" ? build(matrix) : rule(x, matrix, build, g)
}

/** Rows `ids` of a matrix: `[…ids, columns]`. A matrix in blocks shares its bytes with the head that uses it. */
export const embedding = (g: GraphBuilder, ids: Value, matrix: Matrix): Value => {
  if (matrix.kind === "dense" || matrix.hasOffsets === true || !g.uses("GatherBlockQuantized"))
    return ops.gather(g, floatConstant(g, matrix), ids)
  requireBlocks(g, "embedding", matrix)
  const weights = blockConstants(g, matrix, [matrix.rows, (matrix.columns * matrix.bits) / 8])
  return ops.gatherBlockQuantized(g, weights, ids, matrix)
}
