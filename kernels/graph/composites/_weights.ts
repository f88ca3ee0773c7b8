import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { Matrix, RowMatrix, Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"
import { dequantizeBlocks, dequantizeRows } from "../quantization.ts"
import type { ElementType, TypedArray } from "../tensor.ts"

export type BlockMatrix = Extract<Matrix, { kind: "blocks" }>

const bytesOf = (data: TypedArray): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const constant = (
  g: GraphBuilder,
  type: ElementType,
  shape: readonly number[],
  identity: string,
  data: () => TypedArray,
): Value => g.initializer({ type, shape, identity, bytes: () => bytesOf(data()) })

const weight = (
  g: GraphBuilder,
  shape: readonly number[],
  identity: string,
  data: () => Float32Array,
): Value => g.initializer({ type: "float32", shape, identity, weight: true, bytes: () => bytesOf(data()) })

/** A vector as a constant, `add` added to each float; devices fold that once, and training sees the vector itself. */
export const vectorConstant = (g: GraphBuilder, vector: Vector, add = 0): Value => {
  const { length, identity, values } = vector
  const stored = weight(g, [length], identity, values)
  if (add === 0) return stored
  return g.memo(`vector ${identity}+${add}`, () => ops.add(g, stored, g.constant("float32", [], [add])))
}

/** A matrix as a float constant `[rows, columns]`, dequantised where it is held in codes. */
export const floatConstant = (g: GraphBuilder, matrix: Matrix | RowMatrix): Value => {
  const { kind, rows, columns, identity } = matrix
  return kind === "dense"
    ? weight(g, [rows, columns], identity, matrix.values)
    : weight(g, [rows, columns], `${identity}#floats`, () =>
        kind === "rows" ? dequantizeRows(matrix) : dequantizeBlocks(matrix),
      )
}

type PartName = "codes" | "scales" | "zeros" | "offsets"

const partNames = ({ hasZeros, hasOffsets = false }: BlockMatrix): PartName[] => [
  "codes",
  "scales",
  ...(hasZeros ? (["zeros"] as const) : []),
  ...(hasOffsets ? (["offsets"] as const) : []),
]

/** Parts one by one: read together, let go when each of `names` has been asked for. */
const partReader = <Name extends string>(
  names: readonly Name[],
  read: () => { readonly [name in Name]?: TypedArray },
): ((name: Name) => TypedArray) => {
  const wanted = new Set<Name>()
  let held: { readonly [name in Name]?: TypedArray } | undefined
  return (name) => {
    if (held === undefined) {
      held = read()
      for (const part of names) wanted.add(part)
    }
    const part = held[name]
    wanted.delete(name)
    if (wanted.size === 0) held = undefined
    return part ?? new Uint8Array(0)
  }
}

/** The constants of a matrix held in blocks; codes have the shape given, `[rows, …]`. */
export const blockConstants = (
  g: GraphBuilder,
  matrix: BlockMatrix,
  codesShape: readonly number[],
): {
  readonly codes: Value
  readonly scales: Value
  readonly zeros: Value | undefined
  readonly offsets: Value | undefined
} => {
  const { identity } = matrix
  const read = g.memo(`parts ${identity}`, () => partReader(partNames(matrix), matrix.parts))
  const perBlock = [matrix.rows, matrix.columns / matrix.block]
  const part = (name: PartName, type: ElementType, shape: readonly number[]): Value =>
    constant(g, type, shape, `${identity}#${name}`, () => read(name))
  return {
    codes: part("codes", "uint8", codesShape),
    scales: part("scales", "float32", perBlock),
    zeros: matrix.hasZeros ? part("zeros", "uint8", perBlock) : undefined,
    offsets: matrix.hasOffsets === true ? part("offsets", "float32", perBlock) : undefined,
  }
}

/** The constants of a matrix with one scale per row: codes `[columns, rows]`, scales `[rows]`. */
export const rowConstants = (
  g: GraphBuilder,
  { rows, columns, identity, parts }: RowMatrix,
): { readonly codes: Value; readonly scales: Value } => {
  const read = g.memo(`parts ${identity}`, () => partReader(["codes", "scales"], parts))
  return {
    codes: constant(g, "int8", [columns, rows], `${identity}#codes`, () => read("codes")),
    scales: constant(g, "float32", [rows], `${identity}#scales`, () => read("scales")),
  }
}
