import { customGradient } from "../autodiff/custom-gradient.ts"
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

/**
 * `h = x·σ(x)·u` with the gradient written out: `d·(h + σ·(u − h))` of `x` and `d·x·σ` of `u`, in five passes over wide rows
 * where the chain rule takes seven and computes σ again.
 */
const siluTimes = (g: GraphBuilder, x: Value, u: Value): Value => {
  const gate = ops.sigmoid(g, x)
  const silu = ops.mul(g, x, gate)
  return customGradient(g, {
    inputs: [x, u],
    output: ops.mul(g, silu, u),
    saved: [gate, silu],
    backward: ({ g: b, gradient, output, inputs: [, other], saved: [opened, own] }) => {
      const bend = ops.mul(b, opened!, ops.sub(b, other!, output))
      return [ops.mul(b, gradient, ops.add(b, output, bend)), ops.mul(b, gradient, own!)]
    },
  })
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
  const gate = linear(g, x, mlp.gate, mlp.biases?.gate)
  const up = linear(g, x, mlp.up, mlp.biases?.up)
  const inner =
    mlp.activation === "silu" && g.lowering.differentiated === true
      ? siluTimes(g, gate, up)
      : ops.mul(g, activate(g, gate, mlp.activation), up)
  return linear(g, inner, mlp.down, mlp.biases?.down)
}
