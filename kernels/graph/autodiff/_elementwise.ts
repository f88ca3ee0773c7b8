import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { number, simple, sumTo } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

/** A function of one value: its gradient from the gradient, the input and the output. */
const unary = (apply: (g: GraphBuilder, gradient: Value, x: Value, y: Value) => Value): Rule =>
  simple((g, gradient, [x], y) => [() => apply(g, gradient, x!, y)])

const less = (g: GraphBuilder, value: number, x: Value): Value => ops.sub(g, number(g, value), x)
const times = (g: GraphBuilder, x: Value, factor: number): Value => ops.mul(g, x, number(g, factor))

/** The gradient goes to the operand that was chosen; to `b` where both are equal. */
const choice = (choosesA: (g: GraphBuilder, a: Value, b: Value) => Value): Rule =>
  simple((g, gradient, [a, b]) => {
    const chosen = choosesA(g, a!, b!)
    return [
      () => sumTo(g, ops.where(g, chosen, gradient, number(g, 0)), a!.shape),
      () => sumTo(g, ops.where(g, chosen, number(g, 0), gradient), b!.shape),
    ]
  })

/** `d/dx x · Φ(x) = Φ(x) + x · φ(x)`. */
const geluSlope = (g: GraphBuilder, x: Value): Value => {
  const phi = ops.add(g, times(g, ops.erf(g, times(g, x, Math.SQRT1_2)), 0.5), number(g, 0.5))
  const bell = times(g, ops.exp(g, times(g, ops.mul(g, x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  return ops.add(g, phi, ops.mul(g, x, bell))
}

/** The slope of `x/2 · (1 + tanh(k · (x + c · x³)))`. */
const geluTanhSlope = (g: GraphBuilder, x: Value): Value => {
  const k = Math.sqrt(2 / Math.PI)
  const square = ops.mul(g, x, x)
  const inner = ops.mul(g, x, ops.add(g, times(g, square, 0.044715 * k), number(g, k)))
  const t = ops.tanh(g, inner)
  const innerSlope = ops.add(g, times(g, square, 3 * 0.044715 * k), number(g, k))
  const bend = ops.mul(g, ops.mul(g, x, less(g, 1, ops.mul(g, t, t))), innerSlope)
  return times(g, ops.add(g, ops.add(g, t, bend), number(g, 1)), 0.5)
}

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: simple((g, gradient, [a, b]) => [
    () => sumTo(g, gradient, a!.shape),
    () => sumTo(g, gradient, b!.shape),
  ]),
  Sub: simple((g, gradient, [a, b]) => [
    () => sumTo(g, gradient, a!.shape),
    () => ops.neg(g, sumTo(g, gradient, b!.shape)),
  ]),
  Mul: simple((g, gradient, [a, b]) => [
    () => sumTo(g, ops.mul(g, gradient, b!), a!.shape),
    () => sumTo(g, ops.mul(g, gradient, a!), b!.shape),
  ]),
  Div: simple((g, gradient, [a, b], y) => [
    () => sumTo(g, ops.div(g, gradient, b!), a!.shape),
    () => ops.neg(g, ops.div(g, sumTo(g, ops.mul(g, gradient, y), b!.shape), b!)),
  ]),
  Max: choice(ops.greater),
  Min: choice(ops.less),
  Abs: unary((g, gradient, x) => {
    const back = ops.where(g, ops.less(g, x, number(g, 0)), ops.neg(g, gradient), number(g, 0))
    return ops.where(g, ops.greater(g, x, number(g, 0)), gradient, back)
  }),
  Neg: unary((g, gradient) => ops.neg(g, gradient)),
  Exp: unary((g, gradient, _, y) => ops.mul(g, gradient, y)),
  Log: unary((g, gradient, x) => ops.div(g, gradient, x)),
  Sqrt: unary((g, gradient, _, y) => ops.div(g, times(g, gradient, 0.5), y)),
  Tanh: unary((g, gradient, _, y) => ops.mul(g, gradient, less(g, 1, ops.mul(g, y, y)))),
  Sigmoid: unary((g, gradient, _, y) => ops.mul(g, gradient, ops.mul(g, y, less(g, 1, y)))),
  Erf: unary((g, gradient, x) => {
    const bell = ops.exp(g, ops.neg(g, ops.mul(g, x, x)))
    return ops.mul(g, gradient, times(g, bell, 2 / Math.sqrt(Math.PI)))
  }),
  Relu: unary((g, gradient, x) => ops.where(g, ops.greater(g, x, number(g, 0)), gradient, number(g, 0))),
  Gelu: simple((g, gradient, [x], _, node) => [
    () =>
      ops.mul(g, gradient, (node.attributes["approximate"] === "tanh" ? geluTanhSlope : geluSlope)(g, x!)),
  ]),
  Where: simple((g, gradient, [condition, a, b]) => [
    undefined,
    () => sumTo(g, ops.where(g, condition!, gradient, number(g, 0)), a!.shape),
    () => sumTo(g, ops.where(g, condition!, number(g, 0), gradient), b!.shape),
  ]),
  Cast: unary((_, gradient) => gradient),
  Identity: unary((_, gradient) => gradient),
}
