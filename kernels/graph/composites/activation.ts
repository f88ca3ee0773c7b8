import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { Matrix, Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"
import { linear } from "./linear.ts"

/** `silu`: x · sigmoid(x); `gelu` by the error function; `gelu_tanh`: its approximation (`gelu_new`). */
export type Activation = "silu" | "gelu" | "gelu_tanh" | "relu"

const geluFactor = (g: GraphBuilder, x: Value, kind: "gelu" | "gelu_tanh"): Value => {
  const number = (value: number): Value => g.constant("float32", [], [value])
  if (kind === "gelu") return ops.erf(g, ops.mul(g, x, number(Math.SQRT1_2)))
  const cube = ops.mul(g, ops.mul(g, x, x), x)
  const inner = ops.add(g, x, ops.mul(g, cube, number(0.044715)))
  return ops.tanh(g, ops.mul(g, inner, number(Math.sqrt(2 / Math.PI))))
}

export const activate = (g: GraphBuilder, x: Value, kind: Activation): Value => {
  if (kind === "relu") return ops.relu(g, x)
  if (kind === "silu") return g.uses("QuickGelu") ? ops.quickGelu(g, x, 1) : ops.mul(g, x, ops.sigmoid(g, x))
  if (g.uses("Gelu")) return ops.gelu(g, x, kind === "gelu" ? "none" : "tanh")
  const half = ops.mul(g, x, g.constant("float32", [], [0.5]))
  return ops.mul(g, half, ops.add(g, geluFactor(g, x, kind), g.constant("float32", [], [1])))
}

/** `cap · tanh(x / cap)`: keeps values within ± cap. */
export const softcap = (g: GraphBuilder, x: Value, cap: number): Value => {
  const scaled = ops.mul(g, x, g.constant("float32", [], [1 / cap]))
  return ops.mul(g, ops.tanh(g, scaled), g.constant("float32", [], [cap]))
}

/** `down(activation(gate(x)) · up(x))`. */
export const gatedMlp = (
  g: GraphBuilder,
  x: Value,
  mlp: {
    readonly gate: Matrix
    readonly up: Matrix
    readonly down: Matrix
    readonly activation: Activation
    readonly biases?: { readonly gate?: Vector; readonly up?: Vector; readonly down?: Vector }
  },
): Value => {
  const gate = activate(g, linear(g, x, mlp.gate, mlp.biases?.gate), mlp.activation)
  const up = linear(g, x, mlp.up, mlp.biases?.up)
  return linear(g, ops.mul(g, gate, up), mlp.down, mlp.biases?.down)
}
