import type { ElementType, TypedArray } from "../tensor.ts"
import { erf } from "./_erf.ts"
import { roundEven } from "./_round-even.ts"
import { broadcastDims, broadcastPlaces, floatAttribute, unsupported } from "./_slot.ts"
import type { Kernel } from "./_slot.ts"

type Scalar = (a: number, b: number) => number

/** Any array, seen as one of numbers; int64 ones hold bigints, which the same operators take. */
const numbersOf = (data: TypedArray): { [index: number]: number; length: number } => data as Float32Array

const binary =
  (apply: Scalar, result?: ElementType): Kernel =>
  (_, [a, b], make) => {
    const dims = broadcastDims(a!.dims, b!.dims)
    const fromA = broadcastPlaces(a!.dims, dims)
    const fromB = broadcastPlaces(b!.dims, dims)
    const out = make(result ?? a!.type, dims)
    return () => {
      const x = numbersOf(a!.data)
      const y = numbersOf(b!.data)
      const z = numbersOf(out.data)
      const count = out.data.length
      if (fromA === undefined && fromB === undefined)
        for (let i = 0; i < count; i++) z[i] = apply(x[i]!, y[i]!)
      else
        for (let i = 0; i < count; i++)
          z[i] = apply(x[fromA === undefined ? i : fromA[i]!]!, y[fromB === undefined ? i : fromB[i]!]!)
    }
  }

const unary =
  (apply: (x: number) => number): Kernel =>
  (_, [a], make) => {
    const out = make(a!.type, a!.dims)
    return () => {
      const x = numbersOf(a!.data)
      const y = numbersOf(out.data)
      for (let i = 0; i < x.length; i++) y[i] = apply(x[i]!)
    }
  }

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const gelu = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2))
const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))

const whereKernel: Kernel = (_, [condition, a, b], make) => {
  const dims = broadcastDims(condition!.dims, a!.dims, b!.dims)
  const [fromC, fromA, fromB] = [condition!, a!, b!].map((slot) => broadcastPlaces(slot.dims, dims))
  const out = make(a!.type, dims)
  return () => {
    const [c, x, y, z] = [condition!, a!, b!, out].map((slot) => numbersOf(slot.data))
    for (let i = 0; i < out.data.length; i++)
      z![i] = c![fromC?.[i] ?? i] === 0 ? y![fromB?.[i] ?? i]! : x![fromA?.[i] ?? i]!
  }
}

const castTypes: Readonly<Record<number, ElementType>> = { 1: "float32", 6: "int32", 7: "int64", 9: "bool" }

const castKernel: Kernel = (node, [a], make) => {
  const type = castTypes[Number(node.attributes["to"])]
  if (type === undefined) throw unsupported(node, "it does not know the type")
  const out = make(type, a!.dims)
  return () => {
    const x = a!.data
    const y = out.data
    for (let i = 0; i < x.length; i++) {
      const value = Number(x[i])
      if (y instanceof BigInt64Array) y[i] = BigInt(Math.trunc(value))
      else y[i] = type === "bool" ? Number(value !== 0) : type === "int32" ? Math.trunc(value) : value
    }
  }
}

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Max: binary((a, b) => (a > b ? a : b)),
  Min: binary((a, b) => (a < b ? a : b)),
  Equal: binary((a, b) => Number(a === b), "bool"),
  Less: binary((a, b) => Number(a < b), "bool"),
  LessOrEqual: binary((a, b) => Number(a <= b), "bool"),
  Greater: binary((a, b) => Number(a > b), "bool"),
  Abs: unary((x) => (x < 0 ? -x : x)),
  Round: unary(roundEven),
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Tanh: unary(Math.tanh),
  Sigmoid: unary(sigmoid),
  Erf: unary(erf),
  Relu: unary((x) => (x > 0 ? x : 0)),
  Gelu: (node, inputs, make) =>
    unary(node.attributes["approximate"] === "tanh" ? geluTanh : gelu)(node, inputs, make),
  QuickGelu: (node, inputs, make) => {
    const alpha = floatAttribute(node, "alpha", 1.702)
    return unary((x) => x * sigmoid(alpha * x))(node, inputs, make)
  },
  Where: whereKernel,
  Cast: castKernel,
}
