import { customGradient } from "../autodiff/custom-gradient.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/** The mean of one number a row, `[…, 1]`, weighted where weights are given: `Σ w·x / Σ w`; weights of 0 ignore rows. */
export const meanOverRows = (g: GraphBuilder, rows: Value, weights?: Value): Value => {
  const axes = rows.shape.map((_, axis) => axis)
  const number = (x: Value): Value => ops.reshape(g, x, [])
  if (weights === undefined) return number(ops.reduceMean(g, rows, axes))
  const column = ops.reshape(g, weights, rows.shape)
  const sum = ops.reduceSum(g, ops.mul(g, rows, column), axes)
  return number(ops.div(g, sum, ops.reduceSum(g, column, axes)))
}

/** `−log softmax(logits)[target]` of each row of logits `[T, V]` for targets int64 `[T]`: `[T, 1]`, in nats. */
export const crossEntropyRows = (g: GraphBuilder, logits: Value, targets: Value): Value => {
  const places = ops.reshape(g, targets, [logits.shape[0]!, 1])
  const logs = ops.logSoftmax(g, logits)
  return customGradient(g, {
    inputs: [logits],
    output: ops.neg(g, ops.gatherElements(g, logs, places)),
    saved: [logs, places],
    // (softmax − one-hot) · gradient, in three passes over the logits rather than the chain's many.
    backward: ({ g: builder, gradient, saved: [logarithms, at] }) => {
      const share = ops.mul(builder, ops.exp(builder, logarithms!), gradient)
      return [ops.scatterElements(builder, share, at!, ops.neg(builder, gradient))]
    },
  })
}

/** The mean of {@link crossEntropyRows}, one number; `weights` `[T]` as in {@link meanOverRows}. */
export const crossEntropy = (g: GraphBuilder, logits: Value, targets: Value, weights?: Value): Value =>
  meanOverRows(g, crossEntropyRows(g, logits, targets), weights)

/**
 * `KL(teacher ‖ student)` of each row of two `[T, V]` of logits: `[T, 1]`, in nats. No gradient goes to the teacher.
 * Temperatures divide both beforehand; the usual factor τ² is the caller's.
 */
export const klDivergenceRows = (g: GraphBuilder, teacher: Value, student: Value): Value => {
  const ours = ops.logSoftmax(g, student)
  const theirs = ops.logSoftmax(g, teacher)
  const share = ops.softmax(g, teacher)
  return customGradient(g, {
    inputs: [student],
    output: ops.reduceSum(g, ops.mul(g, share, ops.sub(g, theirs, ours))),
    saved: [ours, share],
    backward: ({ g: builder, gradient, saved: [logarithms, target] }) => [
      ops.mul(builder, ops.sub(builder, ops.exp(builder, logarithms!), target!), gradient),
    ],
  })
}

/** The mean of {@link klDivergenceRows}, one number; `weights` `[T]` as in {@link meanOverRows}. */
export const klDivergence = (g: GraphBuilder, teacher: Value, student: Value, weights?: Value): Value =>
  meanOverRows(g, klDivergenceRows(g, teacher, student), weights)

/** `log(1 + exp(x)) − target · x` of each logit, without overflow: binary cross-entropy with targets in [0, 1]. */
export const binaryCrossEntropyRows = (g: GraphBuilder, logits: Value, targets: Value): Value => {
  const zero = g.constant("float32", [], [0])
  const one = g.constant("float32", [], [1])
  const size = ops.max(g, logits, ops.neg(g, logits))
  const soft = ops.log(g, ops.add(g, ops.exp(g, ops.neg(g, size)), one))
  const value = ops.sub(g, ops.add(g, ops.max(g, logits, zero), soft), ops.mul(g, logits, targets))
  return customGradient(g, {
    inputs: [logits, targets],
    output: value,
    backward: ({ g: builder, gradient, inputs: [x, target] }) => [
      ops.mul(builder, ops.sub(builder, ops.sigmoid(builder, x!), target!), gradient),
      ops.neg(builder, ops.mul(builder, x!, gradient)),
    ],
  })
}

/** The mean of squared differences over all elements, one number. */
export const meanSquaredError = (g: GraphBuilder, a: Value, b: Value): Value => {
  const difference = ops.sub(g, a, b)
  return meanOverRows(g, ops.mul(g, difference, difference))
}

/**
 * The mean over all elements of a square within `beta` of the target and a line beyond it: `d² / 2β` for `|d| < β`, else
 * `|d| − β / 2` (Huber 1964, over β). One number.
 */
export const smoothL1 = (g: GraphBuilder, a: Value, b: Value, beta = 1): Value => {
  const number = (value: number): Value => g.constant("float32", [], [value])
  const size = ops.abs(g, ops.sub(g, a, b))
  const bent = ops.min(g, size, number(beta))
  const line = ops.sub(g, size, ops.mul(g, bent, number(0.5)))
  return meanOverRows(g, ops.mul(g, ops.mul(g, bent, line), number(1 / beta)))
}

/** `Σ weight · loss` over losses of one number each; weights may be inputs, which change without a new graph. */
export const mixedLoss = (
  g: GraphBuilder,
  terms: readonly (readonly [weight: Value, loss: Value])[],
): Value =>
  terms.map(([weight, loss]) => ops.mul(g, weight, loss)).reduce((total, term) => ops.add(g, total, term))
