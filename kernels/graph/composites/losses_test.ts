import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { assertAgrees, interpret } from "../_compare.ts"
import { assertGradients, differentiated } from "../autodiff/_finite-differences.ts"
import type { Trial } from "../autodiff/_finite-differences.ts"
import {
  GraphBuilder,
  binaryCrossEntropyRows,
  contrastive,
  crossEntropy,
  distillation,
  entropyRows,
  gradients,
  klDivergence,
  logSumExp,
  meanSquaredError,
  mixedLoss,
  normalCdf,
  normalizeRows,
  ops,
  smoothL1,
  smoothedCrossEntropyRows,
  softCrossEntropy,
  softplus,
  tensor,
  topKGate,
} from "../mod.ts"
import type { Value } from "../mod.ts"

/** The teacher's logits are an integer input turned into floats: it has no gradient to check. */
const teacher = (t: Trial): Value => ops.cast(t.g, t.indices(4, ["T", 3]), "float32")

const losses: Record<string, (t: Trial) => Value> = {
  "cross-entropy": (t) => crossEntropy(t.g, t.floats(["T", 5]), t.indices(5, ["T"])),
  "weighted cross-entropy": (t) =>
    crossEntropy(t.g, t.floats(["T", 5]), t.indices(5, ["T"]), t.positive(["T"])),
  "cross-entropy behind a product": (t) =>
    crossEntropy(t.g, ops.gemm(t.g, t.floats(["T", 3]), t.floats([5, 3])), t.indices(5, ["T"])),
  "the divergence of a student from its teacher": (t) => klDivergence(t.g, teacher(t), t.floats(["T", 3])),
  "the weighted divergence": (t) => klDivergence(t.g, teacher(t), t.floats(["T", 3]), t.positive(["T"])),
  "binary cross-entropy": (t) => binaryCrossEntropyRows(t.g, t.floats(["T", 2]), t.positive(["T", 2])),
  "cross-entropy with soft targets": (t) =>
    softCrossEntropy(t.g, t.floats(["T", 3]), teacher(t), t.positive(["T"])),
  "cross-entropy with smoothed targets": (t) =>
    smoothedCrossEntropyRows(t.g, t.floats(["T", 5]), t.indices(5, ["T"]), 0.2),
  distillation: (t) =>
    distillation(t.g, teacher(t), t.floats(["T", 3]), t.g.constant("float32", [], [2.5]), t.positive(["T"])),
  entropy: (t) => entropyRows(t.g, t.floats(["T", 4])),
  "the contrast of pairs": (t) =>
    contrastive(t.g, t.floats([3, 4]), t.floats([3, 4]), t.g.constant("float32", [], [0.7])),
  "a square that turns into a line": (t) => smoothL1(t.g, t.floats(["T", 2]), t.floats(["T", 2]), 0.7),
  "losses mixed by weights": (t) =>
    mixedLoss(t.g, [
      [t.floats([]), meanSquaredError(t.g, t.floats(["T", 2]), t.floats(["T", 2]))],
      [t.floats([]), crossEntropy(t.g, t.floats(["T", 5]), t.indices(5, ["T"]))],
    ]),
  softplus: (t) => softplus(t.g, t.floats(["T", 4])),
  "the logarithm of a sum of exponentials": (t) => logSumExp(t.g, t.floats(["T", 4])),
  "rows of length 1": (t) => normalizeRows(t.g, t.positive(["T", 4])),
  "the normal distribution": (t) => normalCdf(t.g, t.floats(["T", 4])),
  "mean squared error": (t) => meanSquaredError(t.g, t.floats(["T", 2]), t.floats(["T", 2])),
}

for (const [name, make] of Object.entries(losses))
  test(`the gradient of ${name} is the slope of the function, on onnxruntime too`, async () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 4 }), (seed, T) => {
        const { graph, feeds } = differentiated(make, seed, { T })
        assertGradients(graph, feeds, name)
      }),
      { numRuns: 8 },
    )
    const { graph, feeds } = differentiated(make, 1, { T: 3 })
    await assertAgrees(graph, feeds, 1e-5)
  })

test("losses of overwhelming logits are exact, and rows of weight 0 count for nothing", async () => {
  const g = new GraphBuilder("losses")
  const logits = g.input("logits", "float32", [3, 2])
  const targets = g.input("targets", "int64", [3])
  const weights = g.input("weights", "float32", [3])
  const loss = crossEntropy(g, logits, targets, weights)
  g.output("loss", loss)
  g.output("divergence", klDivergence(g, logits, logits))
  g.output("d", gradients(g, loss, [logits])[0]!)
  const feeds = {
    logits: tensor("float32", [3, 2], Float32Array.of(4000, -4000, 4000, -4000, 7, 7)),
    targets: tensor("int64", [3], BigInt64Array.of(1n, 0n, 0n)),
    weights: tensor("float32", [3], Float32Array.of(1, 1, 0)),
  }
  const results = interpret(g.build(), feeds)
  assert.deepEqual([...results["loss"]!.data], [4000])
  assert.deepEqual([...results["divergence"]!.data], [0])
  assert.deepEqual(Array.from(results["d"]!.data, Number), [0.5, -0.5, 0, 0, 0, 0])
  await assertAgrees(g.build(), feeds, 1e-6)
})

test("a mean without weights is the mean over rows", () => {
  const g = new GraphBuilder("mean")
  const logits = g.input("logits", "float32", ["T", 2])
  g.output("loss", crossEntropy(g, logits, g.input("targets", "int64", ["T"])))
  const results = interpret(g.build(), {
    logits: tensor("float32", [2, 2], Float32Array.of(0, 0, Math.log(3), 0)),
    targets: tensor("int64", [2], BigInt64Array.of(0n, 1n)),
  })
  assert.ok(Math.abs(Number(results["loss"]!.data[0]) - (Math.log(2) + Math.log(4)) / 2) < 1e-6)
})

test("what is known of losses in numbers", () => {
  const g = new GraphBuilder("known")
  const logits = g.input("logits", "float32", [1, 2])
  const other = g.input("other", "float32", [1, 2])
  const target = g.input("target", "int64", [1])
  const two = g.constant("float32", [], [2])
  g.output("even", softCrossEntropy(g, logits, g.constant("float32", [1, 2], [0.5, 0.5])))
  g.output("smoothed", smoothedCrossEntropyRows(g, logits, target, 0.1))
  g.output("entropy", entropyRows(g, logits))
  g.output("distillation", distillation(g, other, logits, two))
  g.output("square", smoothL1(g, logits, other))
  g.output("sum", logSumExp(g, g.constant("float32", [1, 2], [4000, 4000])))
  g.output("plus", softplus(g, g.constant("float32", [2], [4000, -4000])))
  g.output(
    "pairs",
    contrastive(
      g,
      g.constant("float32", [2, 2], [3, 0, 0, 5]),
      g.constant("float32", [2, 2], [1, 0, 0, 1]),
      two,
    ),
  )
  const results = interpret(g.build(), {
    logits: tensor("float32", [1, 2], Float32Array.of(Math.log(3), 0)),
    other: tensor("float32", [1, 2], Float32Array.of(0, 0)),
    target: tensor("int64", [1], BigInt64Array.of(0n)),
  })
  const root = Math.sqrt(3) / (1 + Math.sqrt(3))
  const known = {
    even: -(Math.log(0.75) + Math.log(0.25)) / 2,
    smoothed: -0.95 * Math.log(0.75) - 0.05 * Math.log(0.25),
    entropy: -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25),
    distillation: -2 * (Math.log(2 * root) + Math.log(2 * (1 - root))),
    square: (Math.log(3) - 0.5) / 2,
    sum: 4000 + Math.log(2),
    plus: 4000,
    pairs: Math.log(1 + Math.exp(-0.5)),
  }
  for (const [name, value] of Object.entries(known))
    assert.ok(
      Math.abs(Number(results[name]!.data[0]) - value) < 1e-6 * Math.max(1, value),
      `${name} ${results[name]!.data[0]}`,
    )
  assert.equal(Number(results["plus"]!.data[1]), 0)
})

test("a gate opens for the largest, and the gradient goes to all scores as if it were open", async () => {
  const g = new GraphBuilder("gate")
  const scores = g.input("scores", "float32", [2, 4])
  const values = g.input("values", "float32", [2, 4])
  const gate = topKGate(g, scores, 2)
  const loss = ops.reduceSum(g, ops.mul(g, gate, values), [0, 1])
  g.output("gate", gate)
  g.output("d", gradients(g, loss, [scores])[0]!)
  const feeds = {
    scores: tensor("float32", [2, 4], Float32Array.of(1, 5, 3, 5, 2, 2, 2, 2)),
    values: tensor("float32", [2, 4], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  }
  const results = interpret(g.build(), feeds)
  assert.deepEqual([...results["gate"]!.data], [0, 1, 0, 1, 1, 1, 0, 0])
  assert.deepEqual([...results["d"]!.data], [1, 2, 3, 4, 5, 6, 7, 8])
  await assertAgrees(g.build(), feeds, 0)
})
