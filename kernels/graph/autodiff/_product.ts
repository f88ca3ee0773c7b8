import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { flat, simple, sumTo, transposed } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

/** `a · b`: `dA = dY · bᵀ`, `dB = aᵀ · dY`. */
const matMulRule: Rule = simple((g, gradient, [a, b]) => [
  () => sumTo(g, ops.matMul(g, gradient, transposed(g, b!)), a!.shape),
  () =>
    b!.shape.length === 2
      ? ops.gemm(g, flat(g, a!), flat(g, gradient), undefined, { transposeX: true, transposeW: false })
      : sumTo(g, ops.matMul(g, transposed(g, a!), gradient), b!.shape),
])

/** `op(x) · op(w) + bias`, where `op` turns round or does not. */
const gemmRule: Rule = simple((g, gradient, [x, w, bias], _, node) => {
  const transposeX = node.attributes["transA"] === 1
  const transposeW = node.attributes["transB"] === 1
  const product = (a: Value, turnA: boolean, b: Value, turnB: boolean): Value =>
    ops.gemm(g, a, b, undefined, { transposeX: turnA, transposeW: turnB })
  return [
    () => (transposeX ? product(w!, transposeW, gradient, true) : product(gradient, false, w!, !transposeW)),
    () => (transposeW ? product(gradient, true, x!, transposeX) : product(x!, !transposeX, gradient, false)),
    () => sumTo(g, gradient, bias!.shape),
  ]
})

export const productRules: Readonly<Record<string, Rule>> = { MatMul: matMulRule, Gemm: gemmRule }
