import { customGradient } from "../autodiff/custom-gradient.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { crossEntropyRows, meanOverRows } from "./losses.ts"
import { normalizeRows } from "./smooth.ts"

/**
 * `−Σ targets · log softmax(logits)` of each row of `[T, V]`: `[T, 1]`, in nats. Targets are probabilities, and get no
 * gradient.
 */
export const softCrossEntropyRows = (g: GraphBuilder, logits: Value, targets: Value): Value => {
  const logs = ops.logSoftmax(g, logits)
  return customGradient(g, {
    inputs: [logits],
    output: ops.neg(g, ops.reduceSum(g, ops.mul(g, targets, logs))),
    saved: [logs, targets],
    backward: ({ g: builder, gradient, saved: [logarithms, wanted] }) => {
      const total = ops.reduceSum(builder, wanted!)
      const share = ops.mul(builder, ops.exp(builder, logarithms!), total)
      return [ops.mul(builder, ops.sub(builder, share, wanted!), gradient)]
    },
  })
}

/** The mean of {@link softCrossEntropyRows}, one number; `weights` `[T]` as in {@link meanOverRows}. */
export const softCrossEntropy = (g: GraphBuilder, logits: Value, targets: Value, weights?: Value): Value =>
  meanOverRows(g, softCrossEntropyRows(g, logits, targets), weights)

/**
 * Cross-entropy `[T, 1]` with a share of every target spread evenly over the vocabulary (label smoothing; Szegedy et
 * al. 2016): `(1 − smoothing) · −log p[target] + smoothing · mean(−log p)` for logits `[T, V]` and targets int64 `[T]`.
 */
export const smoothedCrossEntropyRows = (
  g: GraphBuilder,
  logits: Value,
  targets: Value,
  smoothing: number,
): Value => {
  const width = logits.shape.at(-1)!
  if (typeof width !== "number")
    throw g.refuse("smoothedCrossEntropyRows", [logits], "its width is not known")
  const even = ops.expand(g, g.constant("float32", [], [smoothing / width]), logits.shape)
  const places = ops.reshape(g, targets, [logits.shape[0]!, 1])
  const rest = ops.expand(g, g.constant("float32", [], [1 - smoothing]), places.shape)
  return softCrossEntropyRows(g, logits, ops.scatterElements(g, even, places, rest))
}

/**
 * `τ² · KL(softmax(teacher / τ) ‖ softmax(student / τ))` of each row of two `[T, V]` of logits: `[T, 1]`, in nats; the
 * factor keeps the size of gradients whatever the temperature (Hinton et al. 2015). `temperature` is one number, which
 * may be an input. No gradient goes to the teacher.
 */
export const distillationRows = (
  g: GraphBuilder,
  teacher: Value,
  student: Value,
  temperature: Value,
): Value => {
  const ours = ops.logSoftmax(g, ops.div(g, student, temperature))
  const softened = ops.div(g, teacher, temperature)
  const theirs = ops.logSoftmax(g, softened)
  const share = ops.softmax(g, softened)
  const divergence = ops.reduceSum(g, ops.mul(g, share, ops.sub(g, theirs, ours)))
  return customGradient(g, {
    inputs: [student],
    output: ops.mul(g, divergence, ops.mul(g, temperature, temperature)),
    saved: [ours, share, temperature],
    backward: ({ g: builder, gradient, saved: [logarithms, wanted, heat] }) => {
      const difference = ops.sub(builder, ops.exp(builder, logarithms!), wanted!)
      return [ops.mul(builder, difference, ops.mul(builder, gradient, heat!))]
    },
  })
}

/** The mean of {@link distillationRows}, one number; `weights` `[T]` as in {@link meanOverRows}. */
export const distillation = (
  g: GraphBuilder,
  teacher: Value,
  student: Value,
  temperature: Value,
  weights?: Value,
): Value => meanOverRows(g, distillationRows(g, teacher, student, temperature), weights)

/** `−Σ p · log p` of each row of logits `[T, V]` for `p = softmax(logits)`: `[T, 1]`, in nats. */
export const entropyRows = (g: GraphBuilder, logits: Value): Value => {
  const logs = ops.logSoftmax(g, logits)
  const shares = ops.exp(g, logs)
  const entropy = ops.neg(g, ops.reduceSum(g, ops.mul(g, shares, logs)))
  return customGradient(g, {
    inputs: [logits],
    output: entropy,
    saved: [logs],
    // −p · (log p + H)
    backward: ({ g: builder, gradient, output, saved: [logarithms] }) => {
      const above = ops.mul(builder, ops.exp(builder, logarithms!), ops.add(builder, logarithms!, output))
      return [ops.neg(builder, ops.mul(builder, above, gradient))]
    },
  })
}

/**
 * Tells pairs apart from strangers, both ways (InfoNCE; van den Oord et al. 2018): rows `a` and `b` `[B, D]` are
 * compared by cosine over a temperature, and row `i` of either belongs to row `i` of the other. One number, in nats.
 */
export const contrastive = (g: GraphBuilder, a: Value, b: Value, temperature: Value): Value => {
  const count = a.shape[0]!
  if (typeof count !== "number") throw g.refuse("contrastive", [a, b], "the number of pairs is not known")
  const cosines = ops.gemm(g, normalizeRows(g, a), normalizeRows(g, b))
  const scores = ops.div(g, cosines, temperature)
  const own = g.constant(
    "int64",
    [count],
    Array.from({ length: count }, (_, i) => i),
  )
  const both = [scores, ops.transpose(g, scores, [1, 0])].map((logits) => crossEntropyRows(g, logits, own))
  return meanOverRows(g, ops.concat(g, both, 0))
}
