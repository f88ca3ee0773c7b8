import assert from "node:assert/strict"
import { test } from "node:test"
import type { GraphError } from "@parade/core"
import fc from "fast-check"
import { assertAgrees, interpret } from "../_compare.ts"
import {
  GraphBuilder,
  customGradient,
  differentiableOperators,
  gradients,
  ops,
  stopGradient,
  tensor,
} from "../mod.ts"
import type { Value } from "../mod.ts"
import { assertGradients, differentiated } from "./_finite-differences.ts"
import type { Trial } from "./_finite-differences.ts"

type Make = (t: Trial) => Value | readonly Value[]

/** Tables are constants: no gradient goes to them. */
const turned = (t: Trial, pairs: number, interleaved: boolean): Value => {
  const table = (of: (angle: number) => number): Value =>
    t.g.constant(
      "float32",
      [8, pairs],
      Array.from({ length: 8 * pairs }, (_, i) => of(i / 3)),
    )
  const tables = { cos: table(Math.cos), sin: table(Math.sin) }
  return ops.rotaryEmbedding(t.g, t.floats(["T", 2, 3, 4]), t.indices(8, ["T", 3]), tables, interleaved)
}

const cases: Record<string, Make> = {
  "Add that stretches both": (t) => ops.add(t.g, t.floats(["T", 1, "C"]), t.floats([3, 1])),
  "Add of a value to itself": (t) => {
    const x = t.floats(["T"])
    return ops.add(t.g, x, x)
  },
  "Sub of a number": (t) => ops.sub(t.g, t.floats(["T", 4]), t.floats([])),
  "Mul by rows": (t) => ops.mul(t.g, t.floats(["T", "C"]), t.floats(["T", 1])),
  "Mul by a vector": (t) => ops.mul(t.g, t.floats(["T", 2, "C"]), t.floats(["C"])),
  "Div that stretches both": (t) => ops.div(t.g, t.floats(["T", 1]), t.positive(["C"])),
  Max: (t) => ops.max(t.g, t.floats(["T", "C"]), t.floats(["C"])),
  Min: (t) => ops.min(t.g, t.floats(["T", 1]), t.floats(["T", "C"])),
  Abs: (t) => ops.abs(t.g, t.floats(["T", 4])),
  Neg: (t) => ops.neg(t.g, t.floats(["T"])),
  Exp: (t) => ops.exp(t.g, t.floats(["T", 4])),
  Log: (t) => ops.log(t.g, t.positive(["T", 4])),
  Sqrt: (t) => ops.sqrt(t.g, t.positive(["T", 4])),
  Tanh: (t) => ops.tanh(t.g, t.floats(["T", 4])),
  Sigmoid: (t) => ops.sigmoid(t.g, t.floats(["T", 4])),
  Erf: (t) => ops.erf(t.g, t.floats(["T", 4])),
  Relu: (t) => ops.relu(t.g, t.floats(["T", 4])),
  "Gelu by the error function": (t) => ops.gelu(t.g, t.floats(["T", 4]), "none"),
  "Gelu by tanh": (t) => ops.gelu(t.g, t.floats(["T", 4]), "tanh"),
  Where: (t) => ops.where(t.g, t.bools(["T", 1]), t.floats(["T", "C"]), t.floats(["C"])),
  "Cast to the same type": (t) => ops.cast(t.g, t.floats(["T"]), "float32"),
  Identity: (t) => ops.identity(t.g, t.floats(["T"])),
  "Reshape to lengths that depend on names": (t) => ops.reshape(t.g, t.floats(["T", "C", 6]), ["2*T", "3*C"]),
  Transpose: (t) => ops.transpose(t.g, t.floats(["T", 2, "C", 3]), [2, 0, 3, 1]),
  "Concat along names": (t) =>
    ops.concat(t.g, [t.floats([2, "C"]), t.floats([2, "T"]), t.floats([2, "C"])], 1),
  "Split of which a part is unused": (t) => ops.split(t.g, t.floats(["T", 5, 2]), [3, 1, 1], 1).slice(0, 2),
  "Slice of the middle": (t) => ops.slice(t.g, t.floats(["T", 5, 2]), 1, 1, 4),
  "Slice of the start": (t) => ops.slice(t.g, t.floats(["T", 5]), 1, 0, 2),
  "Gather of rows, some of them twice": (t) => ops.gather(t.g, t.floats([3, "C"]), t.indices(3, ["T", 2])),
  "Gather along the last axis": (t) => ops.gather(t.g, t.floats(["T", 5]), t.indices(5, ["C"]), 1),
  "GatherElements of the first axis": (t) =>
    ops.gatherElements(t.g, t.floats([4, "C"]), t.indices(4, ["T", "C"]), 0),
  ScatterElements: (t) =>
    ops.scatterElements(t.g, t.floats(["T", 5]), t.indices(5, ["T", 3]), t.floats(["T", 3])),
  "TopK of values": (t) => ops.topK(t.g, t.floats(["T", 6]), 2).values,
  Tile: (t) => ops.tile(t.g, t.floats(["T", "C"]), [3, 2]),
  Expand: (t) => ops.expand(t.g, t.floats(["T", 1]), [2, "T", 3]),
  MatMul: (t) => ops.matMul(t.g, t.floats(["T", 4]), t.floats([4, "C"])),
  "MatMul of a batch with one matrix": (t) => ops.matMul(t.g, t.floats([2, "T", 4]), t.floats([4, 3])),
  "MatMul in batches that stretch": (t) => ops.matMul(t.g, t.floats([2, 1, "T", 4]), t.floats([3, 4, "C"])),
  Gemm: (t) => ops.gemm(t.g, t.floats(["T", 4]), t.floats([5, 4]), t.floats([5])),
  "Gemm of columns by columns": (t) =>
    ops.gemm(t.g, t.floats(["T", 3]), t.floats(["C", "T"]), t.floats([3, "C"]), {
      transposeX: true,
      transposeW: true,
    }),
  "Gemm of columns by rows": (t) =>
    ops.gemm(t.g, t.floats(["T", 3]), t.floats(["T", "C"]), undefined, {
      transposeX: true,
      transposeW: false,
    }),
  "Gemm of rows by rows": (t) =>
    ops.gemm(t.g, t.floats(["T", 3]), t.floats([3, "C"]), undefined, { transposeW: false }),
  "FusedMatMul in batches that stretch": (t) =>
    ops.fusedMatMul(t.g, t.floats([2, "T", 4]), t.floats([1, "C", 4]), { transposeB: true, alpha: 0.3 }),
  "FusedMatMul of columns": (t) =>
    ops.fusedMatMul(t.g, t.floats([2, "T", 4]), t.floats([2, "T", "C"]), {
      transposeA: true,
      transposeB: false,
      alpha: 0.3,
    }),
  "FusedMatMul of columns by columns": (t) =>
    ops.fusedMatMul(t.g, t.floats(["T", 4]), t.floats(["C", "T"]), {
      transposeA: true,
      transposeB: true,
      alpha: 0.3,
    }),
  "Conv along one axis": (t) =>
    ops.conv(t.g, t.floats(["T", 2, 5]), t.floats([3, 2, 3]), t.floats([3]), { pads: [1, 1] }),
  "Conv with strides that leave a rest": (t) =>
    ops.conv(t.g, t.floats(["T", 2, 8]), t.floats([3, 2, 3]), undefined, { strides: [3], pads: [2, 0] }),
  "Conv of groups, dilated, over two axes": (t) =>
    ops.conv(t.g, t.floats(["T", 4, 5, 4]), t.floats([6, 2, 2, 3]), t.floats([6]), {
      strides: [2, 1],
      pads: [1, 2, 0, 1],
      dilations: [2, 1],
      groups: 2,
    }),
  "Conv of every channel by itself": (t) =>
    ops.conv(t.g, t.floats([2, 3, 4, 4]), t.floats([3, 1, 3, 3]), undefined, {
      pads: [1, 1, 1, 1],
      groups: 3,
    }),
  "ConvTranspose along one axis": (t) =>
    ops.convTranspose(t.g, t.floats(["T", 3, 4]), t.floats([3, 2, 3]), t.floats([2]), { strides: [2] }),
  "ConvTranspose of groups, dilated, over two axes": (t) =>
    ops.convTranspose(t.g, t.floats(["T", 4, 3, 2]), t.floats([4, 2, 2, 3]), t.floats([4]), {
      strides: [2, 3],
      pads: [1, 0, 0, 2],
      dilations: [1, 2],
      groups: 2,
      more: [1, 2],
    }),
  QuickGelu: (t) => ops.quickGelu(t.g, t.floats(["T", 4]), 1.3),
  "QuickGelu that is a SiLU": (t) => ops.quickGelu(t.g, t.floats(["T", 4]), 1),
  "RotaryEmbedding by halves": (t) => turned(t, 2, false),
  "RotaryEmbedding of neighbours": (t) => turned(t, 2, true),
  "RotaryEmbedding of a part": (t) => turned(t, 1, false),
  LayerNormalization: (t) =>
    ops.layerNormalization(t.g, t.floats(["T", 2, 4]), t.floats([4]), t.floats([4]), 1e-2),
  SimplifiedLayerNormalization: (t) =>
    ops.simplifiedLayerNormalization(t.g, t.floats(["T", 2, 4]), t.floats([4]), 1e-2),
  "SimplifiedLayerNormalization with its inverse deviation": (t) =>
    Object.values(ops.normalizeRows(t.g, t.floats(["T", 2, 4]), t.floats([4]), 1e-2)),
  "SkipSimplifiedLayerNormalization with its sum": (t) =>
    Object.values(
      ops.skipSimplifiedLayerNormalization(t.g, t.floats(["T", 4]), t.floats(["T", 4]), t.floats([4]), 1e-2),
    ),
  "SkipSimplifiedLayerNormalization alone": (t) =>
    ops.skipSimplifiedLayerNormalization(t.g, t.floats(["T", 4]), t.floats(["T", 4]), t.floats([4]), 1e-2)
      .normed,
  Softmax: (t) => ops.softmax(t.g, t.floats(["T", 2, "C"])),
  LogSoftmax: (t) => ops.logSoftmax(t.g, t.floats(["T", 2, "C"])),
  ReduceSumSquare: (t) => ops.reduceSumSquare(t.g, t.floats(["T", 2, "C"]), [0, 2]),
  "ReduceMean of the last axis": (t) => ops.reduceMean(t.g, t.floats(["T", "C"])),
  "ReduceMean of several axes": (t) => ops.reduceMean(t.g, t.floats(["T", 2, 3]), [0, 2]),
  "ReduceSum of the first axes": (t) => ops.reduceSum(t.g, t.floats(["T", 2, "C"]), [0, 1]),
  "ReduceMax of the middle": (t) => ops.reduceMax(t.g, t.floats(["T", 4, "C"]), [1]),
}

const covered = new Set<string>()
const lengths = fc.record({ T: fc.integer({ min: 1, max: 4 }), C: fc.integer({ min: 1, max: 4 }) })

for (const [name, make] of Object.entries(cases)) {
  test(`the gradient of ${name} is the slope of the function`, () => {
    fc.assert(
      fc.property(fc.nat(1000), lengths, (seed, drawn) => {
        const { graph, feeds } = differentiated(make, seed, drawn)
        for (const node of graph.nodes) covered.add(node.op)
        assertGradients(graph, feeds, name)
      }),
      { numRuns: 8 },
    )
  })

  test(`onnxruntime agrees on the gradient of ${name}`, async () => {
    const { graph, feeds } = differentiated(make, 1, { T: 3, C: 2 })
    await assertAgrees(graph, feeds, 1e-5)
  })
}

test("every operator with a gradient is checked", () => {
  assert.deepEqual(
    differentiableOperators.filter((op) => !covered.has(op)),
    [],
  )
})

const builderOf = (): { g: GraphBuilder; x: Value; y: Value } => {
  const g = new GraphBuilder("two")
  return { g, x: g.input("x", "float32", [2]), y: g.input("y", "float32", [2]) }
}

const feeds = {
  x: tensor("float32", [2], Float32Array.of(1.4, -2.6)),
  y: tensor("float32", [2], Float32Array.of(3, 5)),
}

test("no gradient passes stopGradient, and what lies behind it costs nothing", () => {
  const { g, x, y } = builderOf()
  const loss = ops.reduceSum(g, ops.mul(g, stopGradient(g, ops.exp(g, ops.log(g, x))), y))
  const before = g.nodes.length
  const [dx, dy] = gradients(g, loss, [x, y])
  g.output("dx", dx!)
  g.output("dy", dy!)
  const added = g.nodes.slice(before).map(({ op }) => op)
  assert.ok(!added.includes("Div"), "the logarithm was differentiated")
  const positive = { ...feeds, x: tensor("float32", [2], Float32Array.of(2, 4)) }
  const results = interpret(g.build(), positive)
  assert.deepEqual([...results["dx"]!.data], [0, 0])
  assert.deepEqual(
    [...results["dy"]!.data].map((v) => Math.round(Number(v) * 1e5) / 1e5),
    [2, 4],
  )
})

test("a frozen part of a graph adds no nodes", () => {
  const { g, x, y } = builderOf()
  const frozen = ops.tanh(g, ops.exp(g, x))
  const loss = ops.reduceSum(g, ops.mul(g, frozen, y))
  const before = g.nodes.length
  gradients(g, loss, [y])
  assert.deepEqual(
    g.nodes.slice(before).map(({ op }) => op),
    ["Expand", "Expand", "Mul"],
  )
})

test("a custom gradient replaces the one through the nodes, also after the builder has given values other names", () => {
  const { g, x, y } = builderOf()
  const hard = ops.cast(g, ops.cast(g, x, "int64"), "float32")
  const straight = customGradient(g, {
    inputs: [x],
    output: hard,
    saved: [y],
    backward: ({ g: builder, gradient, saved: [scale] }) => [ops.mul(builder, gradient, scale!)],
  })
  const [dx] = gradients(g, ops.reduceSum(g, straight), [x])
  g.output("hard", straight)
  g.output("dx", dx!)
  const results = interpret(g.build(), feeds)
  assert.deepEqual([...results["hard"]!.data], [1, -2])
  assert.deepEqual([...results["dx"]!.data], [3, 5])
})

test("the gradient of an inner value stops there", () => {
  const { g, x, y } = builderOf()
  const inner = ops.mul(g, x, y)
  const [d] = gradients(g, ops.reduceSum(g, ops.mul(g, inner, inner)), [inner])
  g.output("d", d!)
  assert.deepEqual(
    [...interpret(g.build(), feeds)["d"]!.data],
    [2 * Math.fround(1.4) * 3, 2 * Math.fround(-2.6) * 5].map(Math.fround),
  )
})

test("a gradient of a gradient is the second derivative", () => {
  const { g, x } = builderOf()
  const cube = ops.mul(g, ops.mul(g, x, x), x)
  const [first] = gradients(g, ops.reduceSum(g, cube), [x])
  const [second] = gradients(g, ops.reduceSum(g, first!), [x])
  g.output("second", second!)
  const found = interpret(g.build(), feeds)["second"]!.data as Float32Array
  for (const [i, value] of found.entries()) assert.ok(Math.abs(value - 6 * feeds.x.data[i]!) < 1e-5)
})

test("what a loss does not depend on has a gradient of zeros", () => {
  const { g, x, y } = builderOf()
  const [dy] = gradients(g, ops.reduceSum(g, x), [y])
  g.output("dy", dy!)
  assert.deepEqual([...interpret(g.build(), feeds)["dy"]!.data], [0, 0])
})

test("a loss of several numbers, and an operator without a gradient, are refused", () => {
  const { g, x } = builderOf()
  assert.throws(
    () => gradients(g, x, [x]),
    (error: GraphError) => /a loss is one number/.test(error.message),
  )
  const fused = new GraphBuilder("fused", { kind: "fused" })
  const code = (bytes: number): Uint8Array => new Uint8Array(bytes)
  const codes = fused.initializer({ type: "uint8", shape: [3, 1, 32], bytes: () => code(96) })
  const scales = fused.initializer({ type: "float32", shape: [3, 1], bytes: () => code(12) })
  const wide = fused.input("wide", "float32", [1, 32])
  const format = { rows: 3, columns: 32, bits: 8, block: 32 } as const
  const loss = ops.reduceSum(fused, ops.matMulNBits(fused, wide, { codes, scales }, format), [0, 1])
  assert.throws(
    () => gradients(fused, loss, [wide]),
    (error: GraphError) => error.code === "graph.not-differentiable" && /MatMulNBits/.test(error.message),
  )
})
