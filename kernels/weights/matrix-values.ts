import { dequantizeBlocks, type Matrix } from "@parade/graph"

/** What a matrix stands for, as floats `[rows, columns]`. */
export const matrixValues = (matrix: Matrix): Float32Array =>
  matrix.kind === "dense" ? matrix.values() : dequantizeBlocks(matrix)
