import type { GraphBuilder } from "../builder.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { flat, number, simple, sumTo } from "./_rule.ts"
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

const cube = (g: GraphBuilder, x: Value): Value => ops.mul(g, x, ops.mul(g, x, x))

interface Normed {
  /** `x`, with its mean taken away where that is done. */
  readonly centred: Value
  /** One over the deviation, `[…, 1]`. */
  readonly inverse: Value
}

const overDeviation = (g: GraphBuilder, centred: Value, epsilon: number): Normed => {
  const share = number(g, 1 / Number(centred.shape.at(-1)))
  const variance = ops.mul(g, ops.reduceSumSquare(g, centred), share)
  const inverse = ops.div(g, number(g, 1), ops.sqrt(g, ops.add(g, variance, number(g, epsilon))))
  return { centred, inverse }
}

/**
 * The gradients of a norm for the gradient `d`, the weight `w`, `x` and `r` of {@link Normed}, `N` wide: of its input
 * `r · d·w − x · r³ · mean(d·w·x)`, of its weight the sum of `r · d·x` over rows. Both sums are products of `d·x` with a
 * vector, which pass over the rows once.
 */
class NormGradient {
  readonly #g: GraphBuilder
  readonly #gradient: Value
  readonly #normed: Normed
  readonly #scale: Value
  readonly #along: Value

  constructor(g: GraphBuilder, gradient: Value, normed: Normed, scale: Value) {
    this.#g = g
    this.#gradient = gradient
    this.#normed = normed
    this.#scale = scale
    this.#along = flat(g, ops.mul(g, gradient, normed.centred))
  }

  ofInput(weighted: Value = ops.mul(this.#g, this.#gradient, this.#scale)): Value {
    const g = this.#g
    const { centred, inverse } = this.#normed
    const width = this.#scale.shape[0]!
    const share = ops.mul(g, ops.reshape(g, this.#scale, [1, width]), number(g, 1 / Number(width)))
    const mean = ops.reshape(g, ops.gemm(g, this.#along, share), inverse.shape)
    return ops.sub(g, ops.mul(g, weighted, inverse), ops.mul(g, centred, ops.mul(g, mean, cube(g, inverse))))
  }

  ofScale(): Value {
    const g = this.#g
    const rows = ops.reshape(g, this.#normed.inverse, [1, this.#along.shape[0]!])
    return ops.reshape(g, ops.gemm(g, rows, this.#along, undefined, { transposeW: false }), this.#scale.shape)
  }
}

/** What `make` gives, once. */
const once = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}

/** Its second output, where there is one, is one over the deviation, which is then not worked out again. */
const simplifiedRule: Rule = ({ g, node, inputs, outputs, gradients }) => {
  const [x, scale] = inputs
  const [ofNorm, ofInverse] = gradients
  const normed = once(() => {
    const inverse = outputs[1]
    const epsilon = floatOf(node, "epsilon", 1e-5)
    return inverse === undefined ? overDeviation(g, x!, epsilon) : { centred: x!, inverse }
  })
  const own = once(() => new NormGradient(g, ofNorm!, normed(), scale!))
  const throughInverse = (): Value => {
    const slope = ops.mul(g, cube(g, normed().inverse), number(g, -1 / Number(x!.shape.at(-1))))
    return ops.mul(g, x!, ops.mul(g, ofInverse!, slope))
  }
  const ofInput = (): Value => {
    if (ofNorm === undefined) return throughInverse()
    return ofInverse === undefined ? own().ofInput() : ops.add(g, own().ofInput(), throughInverse())
  }
  return [ofInput, ofNorm === undefined ? undefined : () => own().ofScale()]
}

/** The sum goes on as the residual stream, beside its norm. */
const skipRule: Rule = ({ g, node, inputs, outputs, gradients }) => {
  const [x, skip, scale] = inputs
  const [ofNorm, , , ofSum] = gradients
  const own = once(() => {
    const sum = outputs[3] ?? ops.add(g, x!, skip!)
    return new NormGradient(g, ofNorm!, overDeviation(g, sum, floatOf(node, "epsilon", 1e-5)), scale!)
  })
  const both = once(() => {
    if (ofNorm === undefined) return ofSum!
    return ofSum === undefined ? own().ofInput() : ops.add(g, own().ofInput(), ofSum)
  })
  return [both, both, ofNorm === undefined ? undefined : () => own().ofScale()]
}

const layerNormRule: Rule = simple((g, gradient, [x, scale, bias], _, node) => {
  const own = once(() => {
    const centred = ops.sub(g, x!, ops.reduceMean(g, x!))
    return new NormGradient(g, gradient, overDeviation(g, centred, floatOf(node, "epsilon", 1e-5)), scale!)
  })
  return [
    () => {
      const weighted = ops.mul(g, gradient, scale!)
      return own().ofInput(ops.sub(g, weighted, ops.reduceMean(g, weighted)))
    },
    () => own().ofScale(),
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
