import { ops } from "@parade/graph"
import type { GraphBuilder, Value } from "@parade/graph"

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export interface AdamWOptions {
  /** Decay of the running mean of gradients. Defaults to 0.9. */
  readonly beta1?: number
  /** Decay of the running mean of their squares. Defaults to 0.95. */
  readonly beta2?: number
  /** Added to the root of the second mean. Defaults to 1e-8. */
  readonly epsilon?: number
  /** Weight decay of a parameter. By default 0.1 of matrices; norms and biases do not decay. */
  readonly decay?: (name: string, shape: readonly number[]) => number
  /** A parameter's rate as a share of the step's. Defaults to 1; 0 keeps it as it is. */
  readonly share?: (name: string) => number
  /** Gradients longer than this, all together, are shortened to it. Defaults to 1; `Infinity` leaves them. */
  readonly clip?: number
}

/** Every parameter moves at the step's rate. */
export const fullRate = (_name: string): number => 1

export const defaultDecay = (_name: string, shape: readonly number[]): number => (shape.length > 1 ? 0.1 : 0)

/** What AdamW is told of a parameter's next update, counted from 1; bias corrections are worked out in float64. */
export const adamWScalars = (
  { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8 }: AdamWOptions,
  update: number,
  rate: number,
): Readonly<Record<keyof AdamWInputs, number>> => {
  const root = Math.sqrt(1 - beta2 ** update)
  return { rate, size: (rate * root) / (1 - beta1 ** update), epsilon: epsilon * root }
}

/** The numbers of {@link adamWScalars} as inputs: the rate `[]`, the others `[parameters]`. */
export interface AdamWInputs {
  readonly rate: Value
  readonly size: Value
  readonly epsilon: Value
}

/** A parameter with its gradient and its means. */
export interface AdamWParameter {
  readonly name: string
  readonly value: Value
  readonly gradient: Value
  readonly first: Value
  readonly second: Value
}

export interface AdamWResult {
  readonly value: Value
  readonly first: Value
  readonly second: Value
}

/** `m ← share · m + (1 − share) · p`: the running mean of a parameter's values (EMA). */
export const runningMean = (g: GraphBuilder, mean: Value, value: Value, share: number): Value =>
  ops.add(g, ops.mul(g, mean, number(g, share)), ops.mul(g, value, number(g, 1 - share)))

const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

/** The sum of squares of each gradient, `[parameters]`. */
export const gradientSquares = (g: GraphBuilder, gradients: readonly Value[]): Value =>
  ops.concat(
    g,
    gradients.map((gradient) => {
      const axes = gradient.shape.map((_, axis) => axis)
      return ops.reshape(g, ops.reduceSumSquare(g, gradient, axes), [1])
    }),
    0,
  )

/** What gradients are multiplied by so that all together are no longer than `clip`. */
const clipFactor = (g: GraphBuilder, squares: Value, clip: number): Value => {
  const norm = ops.sqrt(g, ops.reduceSum(g, squares, [0]))
  const factor = ops.div(g, number(g, clip), ops.add(g, norm, number(g, 1e-6)))
  return ops.reshape(g, ops.min(g, factor, number(g, 1)), [])
}

/**
 * One update of all parameters. With gradient `d` shortened to the clip, means `m ← β₁·m + (1 − β₁)·d`,
 * `v ← β₂·v + (1 − β₂)·d²`, and `p ← (1 − rate·decay)·p − size · m / (√v + ε)`, where `size` and `ε` hold the bias
 * corrections: the same as dividing `m` and `v` by them, in fewer passes over the parameters.
 */
export const adamW = (
  g: GraphBuilder,
  parameters: readonly AdamWParameter[],
  squares: Value,
  inputs: AdamWInputs,
  options: AdamWOptions,
): readonly AdamWResult[] => {
  const { beta1 = 0.9, beta2 = 0.95, decay = defaultDecay, share = fullRate, clip = 1 } = options
  const factor = clip === Infinity ? number(g, 1) : clipFactor(g, squares, clip)
  const share1 = ops.mul(g, factor, number(g, 1 - beta1))
  const share2 = ops.mul(g, ops.mul(g, factor, factor), number(g, 1 - beta2))
  const shrunk = (value: Value, amount: number): Value => {
    if (amount === 0) return value
    const kept = g.memo(`kept ${amount}`, () =>
      ops.sub(g, number(g, 1), ops.mul(g, inputs.rate, number(g, amount))),
    )
    return ops.mul(g, value, kept)
  }
  return parameters.map(({ name, value, gradient, first, second }, i) => {
    const own = (values: Value): Value => ops.gather(g, values, g.constant("int64", [], [i]))
    const mean = ops.add(g, ops.mul(g, first, number(g, beta1)), ops.mul(g, gradient, share1))
    const square = ops.mul(g, ops.mul(g, gradient, gradient), share2)
    const spread = ops.add(g, ops.mul(g, second, number(g, beta2)), square)
    const root = ops.add(g, ops.sqrt(g, spread), own(inputs.epsilon))
    const move = ops.mul(g, ops.div(g, mean, root), own(inputs.size))
    const kept = shrunk(value, decay(name, value.shape as readonly number[]) * share(name))
    return { value: ops.sub(g, kept, move), first: mean, second: spread }
  })
}
