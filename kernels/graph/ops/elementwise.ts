import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { ElementType } from "../tensor.ts"
import { broadcast, requireType, requireTypeOf, single, floats, numbers } from "./_rules.ts"

type Binary = (g: GraphBuilder, a: Value, b: Value) => Value
type Unary = (g: GraphBuilder, x: Value) => Value

const binary =
  (op: string, types: readonly ElementType[] = numbers): Binary =>
  (g, a, b) => {
    const type = requireType(g, op, [a, b], types)
    return single(g, op, [a, b], { type, shape: broadcast(g, op, [a, b]) })
  }

const comparison =
  (op: string): Binary =>
  (g, a, b) => {
    requireType(g, op, [a, b], numbers)
    return single(g, op, [a, b], { type: "bool", shape: broadcast(g, op, [a, b]) })
  }

const unary =
  (op: string, types: readonly ElementType[] = floats): Unary =>
  (g, x) =>
    single(g, op, [x], { type: requireType(g, op, [x], types), shape: x.shape })

export const add: Binary = binary("Add")
export const sub: Binary = binary("Sub")
export const mul: Binary = binary("Mul")
export const div: Binary = binary("Div", floats)
export const max: Binary = binary("Max")
export const min: Binary = binary("Min")
export const equal: Binary = comparison("Equal")
export const less: Binary = comparison("Less")
export const lessOrEqual: Binary = comparison("LessOrEqual")
export const greater: Binary = comparison("Greater")

export const abs: Unary = unary("Abs", numbers)
/** To the nearest integer, to the even one at halves. */
export const round: Unary = unary("Round")
export const neg: Unary = unary("Neg", numbers)
export const exp: Unary = unary("Exp")
export const log: Unary = unary("Log")
export const sqrt: Unary = unary("Sqrt")
export const tanh: Unary = unary("Tanh")
export const sigmoid: Unary = unary("Sigmoid")
export const erf: Unary = unary("Erf")
export const relu: Unary = unary("Relu")

/** `x · Φ(x)`, by the error function or its tanh approximation. */
export const gelu = (g: GraphBuilder, x: Value, approximate: "none" | "tanh"): Value =>
  single(g, "Gelu", [x], { type: requireType(g, "Gelu", [x], floats), shape: x.shape }, { approximate })

/** `condition ? a : b`, element by element. */
export const where = (g: GraphBuilder, condition: Value, a: Value, b: Value): Value => {
  const inputs = [condition, a, b]
  requireTypeOf(g, "Where", inputs, condition, "bool")
  const type = requireType(g, "Where", [a, b], numbers)
  return single(g, "Where", inputs, { type, shape: broadcast(g, "Where", inputs) })
}

/** The value in another element type. */
export const cast = (g: GraphBuilder, x: Value, type: "float32" | "int32" | "int64" | "bool"): Value =>
  single(g, "Cast", [x], { type, shape: x.shape }, { to: { float32: 1, int32: 6, int64: 7, bool: 9 }[type] })
