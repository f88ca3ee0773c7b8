import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { assertAgrees, interpret } from "../_compare.ts"
import { assertGradients, differentiated } from "../autodiff/_finite-differences.ts"
import type { Trial } from "../autodiff/_finite-differences.ts"
import {
  GraphBuilder,
  binaryCrossEntropyRows,
  crossEntropy,
  gradients,
  klDivergence,
  meanSquaredError,
  ops,
  tensor,
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
