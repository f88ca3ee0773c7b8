import type { GraphBuilder } from "../builder.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { number, simple, sumTo } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

const floatOf = (node: Node, name: string, fallback: number): number => {
  const value = node.attributes[name]
  return typeof value === "object" && "float" in value && typeof value.float === "number"
    ? value.float
    : fallback
}

/** `alpha · op(a) · op(b)`, where `op` turns round or does not. */
const fusedMatMulRule: Rule = simple((g, gradient, [a, b], _, node) => {
  const alpha = floatOf(node, "alpha", 1)
  const turnA = node.attributes["transA"] === 1
  const turnB = node.attributes["transB"] === 1
  const product = (x: Value, transposeA: boolean, y: Value, transposeB: boolean): Value =>
    ops.fusedMatMul(g, x, y, { transposeA, transposeB, alpha })
  return [
    () =>
      sumTo(g, turnA ? product(b!, turnB, gradient, true) : product(gradient, false, b!, !turnB), a!.shape),
    () =>
      sumTo(g, turnB ? product(gradient, true, a!, turnA) : product(a!, !turnA, gradient, false), b!.shape),
  ]
})

/** `y = x · s` for `s = σ(α·x)`: slope `s + α · y · (1 − s)`. */
const quickGeluRule: Rule = simple((g, gradient, [x], y, node) => {
  const alpha = floatOf(node, "alpha", 1.702)
  const scaled = (value: Value): Value => (alpha === 1 ? value : ops.mul(g, value, number(g, alpha)))
  return [
    () => {
      const gate = ops.sigmoid(g, scaled(x!))
      const bend = ops.mul(g, scaled(y), ops.sub(g, number(g, 1), gate))
      return ops.mul(g, gradient, ops.add(g, gate, bend))
    },
  ]
})

/** Turning is undone by turning back: by the opposite sine. */
const rotaryRule: Rule = simple((g, gradient, [, positions, cos, sin], _, node) => [
  () => {
    const back = g.memo(`negative ${sin!.name}`, () => ops.neg(g, sin!))
    const interleaved = node.attributes["interleaved"] === 1
    return ops.rotaryEmbedding(g, gradient, positions!, { cos: cos!, sin: back }, interleaved)
  },
])

interface Normed {
  /** `x` with its mean taken away, where that is done, over its deviation. */
  readonly unit: Value
  /** One over the deviation, `[…, 1]`. */
  readonly inverse: Value
}

const overDeviation = (g: GraphBuilder, x: Value, epsilon: number): Normed => {
  const share = number(g, 1 / Number(x.shape.at(-1)))
  const variance = ops.mul(g, ops.reduceSumSquare(g, x), share)
  const inverse = ops.div(g, number(g, 1), ops.sqrt(g, ops.add(g, variance, number(g, epsilon))))
  return { unit: ops.mul(g, x, inverse), inverse }
}

/** `r · (d·w − u · mean(d·w·u))` for the gradient `d`, the weight `w`, `u` and `r` of {@link Normed}. */
const normGradient = (g: GraphBuilder, { unit, inverse }: Normed, weighted: Value): Value => {
  const along = ops.reduceMean(g, ops.mul(g, weighted, unit))
  return ops.mul(g, ops.sub(g, weighted, ops.mul(g, unit, along)), inverse)
}

const weightGradient = (g: GraphBuilder, unit: Value, gradient: Value, scale: Value): Value =>
  sumTo(g, ops.mul(g, gradient, unit), scale.shape)

const simplifiedRule: Rule = simple((g, gradient, [x, scale], _, node) => {
  let made: Normed | undefined
  const normed = (): Normed => (made ??= overDeviation(g, x!, floatOf(node, "epsilon", 1e-5)))
  return [
    () => normGradient(g, normed(), ops.mul(g, gradient, scale!)),
    () => weightGradient(g, normed().unit, gradient, scale!),
  ]
})

/** The sum goes on as the residual stream, beside its norm. */
const skipRule: Rule = ({ g, node, inputs, outputs, gradients }) => {
  const [x, skip, scale] = inputs
  const [ofNorm, , , ofSum] = gradients
  let made: Normed | undefined
  const normed = (): Normed => {
    const sum = outputs[3] ?? ops.add(g, x!, skip!)
    return (made ??= overDeviation(g, sum, floatOf(node, "epsilon", 1e-5)))
  }
  let passed: Value | undefined
  const pass = (): Value => {
    if (ofNorm === undefined) return ofSum!
    const own = normGradient(g, normed(), ops.mul(g, ofNorm, scale!))
    return ofSum === undefined ? own : ops.add(g, own, ofSum)
  }
  const both = (): Value => (passed ??= pass())
  return [
    both,
    both,
    ofNorm === undefined ? undefined : () => weightGradient(g, normed().unit, ofNorm, scale!),
  ]
}

const layerNormRule: Rule = simple((g, gradient, [x, scale, bias], _, node) => {
  let made: Normed | undefined
  const normed = (): Normed =>
    (made ??= overDeviation(g, ops.sub(g, x!, ops.reduceMean(g, x!)), floatOf(node, "epsilon", 1e-5)))
  return [
    () => {
      const weighted = ops.mul(g, gradient, scale!)
      return normGradient(g, normed(), ops.sub(g, weighted, ops.reduceMean(g, weighted)))
    },
    () => weightGradient(g, normed().unit, gradient, scale!),
    () => sumTo(g, gradient, bias!.shape),
  ]
})

export const fusedRules: Readonly<Record<string, Rule>> = {
  FusedMatMul: fusedMatMulRule,
  QuickGelu: quickGeluRule,
  RotaryEmbedding: rotaryRule,
  SimplifiedLayerNormalization: simplifiedRule,
  SkipSimplifiedLayerNormalization: skipRule,
  LayerNormalization: layerNormRule,
}
