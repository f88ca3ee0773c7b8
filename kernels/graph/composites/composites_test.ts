import assert from "node:assert/strict"
import { test } from "node:test"
import { assertClose, interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import {
  GraphBuilder,
  activate,
  embedding,
  gatedMlp,
  gatherRows,
  gradients,
  layerNorm,
  linear,
  newRows,
  ops,
  rmsNorm,
  rotary,
  rotaryTables,
  skipRmsNorm,
  softcap,
  tensor,
  toOnnx,
} from "../mod.ts"
import type { Graph, LinearRule, Lowering, Value, Vector } from "../mod.ts"
import { blockMatrix, denseMatrix, rowMatrix, vector } from "./_weights_fixture.ts"

const T = 5
const WIDTH = 64

interface Inputs {
  readonly x: Value
  readonly skip: Value
  readonly ids: Value
  readonly heads: Value
}
type Make = (g: GraphBuilder, inputs: Inputs) => Value | readonly Value[]

const ids = BigInt64Array.of(4n, 0n, 6n, 6n, 2n)
const random = randomFloats(7)
const feeds: Tensors = {
  x: tensor("float32", [T, WIDTH], random(T * WIDTH, 2)),
  skip: tensor("float32", [T, WIDTH], random(T * WIDTH, 2)),
  ids: tensor("int64", [T], ids),
  heads: tensor("float32", [T, 2, 3, 8], random(T * 48, 2)),
}

const build = (name: string, lowering: Lowering, make: Make): Graph => {
  const g = new GraphBuilder(name, lowering)
  const inputs = {
    x: g.input("x", "float32", ["T", WIDTH]),
    skip: g.input("skip", "float32", ["T", WIDTH]),
    ids: g.input("ids", "int64", ["T"]),
    heads: g.input("heads", "float32", ["T", 2, 3, 8]),
  }
  ;[make(g, inputs)].flat().forEach((value, i) => g.output(`out${i}`, value as Value))
  return g.build()
}

const plain = { frequencies: [1, 0.3, 0.1, 0.01], positions: 16 }

/** What each composite makes, the operators that show it was fused, and how far onnxruntime may be off. */
const composites: Record<string, readonly [Make, readonly string[], number]> = {
  "linear, dense": [(g, { x }) => linear(g, x, denseMatrix(48, WIDTH, 1)), ["Gemm"], 1e-6],
  "linear with bias": [(g, { x }) => linear(g, x, denseMatrix(48, WIDTH, 1), vector(48, 2)), ["Gemm"], 1e-6],
  "linear, 8 bits": [
    (g, { x }) => linear(g, x, blockMatrix(48, WIDTH, 1, { bits: 8, block: 32, hasZeros: false })),
    ["MatMulNBits"],
    1e-2,
  ],
  "linear, 8 bits with zeros and bias": [
    (g, { x }) =>
      linear(g, x, blockMatrix(48, WIDTH, 1, { bits: 8, block: 16, hasZeros: true }), vector(48, 2)),
    ["MatMulNBits"],
    1e-2,
  ],
  "linear, 4 bits": [
    (g, { x }) => linear(g, x, blockMatrix(48, WIDTH, 1, { bits: 4, block: 64, hasZeros: false })),
    ["MatMulNBits"],
    2e-2,
  ],
  "linear, 4 bits with offsets and bias": [
    (g, { x }) => {
      const format = { bits: 4, block: 32, hasZeros: false, hasOffsets: true } as const
      return linear(g, x, blockMatrix(48, WIDTH, 1, format), vector(48, 2))
    },
    ["MatMulNBits", "Gemm"],
    2e-2,
  ],
  "embedding, dense": [(g, { ids }) => embedding(g, ids, denseMatrix(7, WIDTH, 1)), ["Gather"], 0],
  "embedding, 8 bits with zeros": [
    (g, { ids }) => embedding(g, ids, blockMatrix(7, WIDTH, 1, { bits: 8, block: 32, hasZeros: true })),
    ["GatherBlockQuantized"],
    1e-7,
  ],
  "embedding, 4 bits": [
    (g, { ids }) => embedding(g, ids, blockMatrix(7, WIDTH, 1, { bits: 4, block: 32, hasZeros: false })),
    ["GatherBlockQuantized"],
    1e-7,
  ],
  rmsNorm: [
    (g, { x }) => rmsNorm(g, x, { weight: vector(WIDTH, 3), epsilon: 1e-5 }),
    ["SimplifiedLayerNormalization"],
    1e-6,
  ],
  "rmsNorm of heads, weights stored less 1": [
    (g, { heads }) => rmsNorm(g, heads, { weight: vector(8, 3), epsilon: 1e-2, offset: 1 }),
    ["SimplifiedLayerNormalization"],
    1e-6,
  ],
  skipRmsNorm: [
    (g, { x, skip }) => Object.values(skipRmsNorm(g, x, skip, { weight: vector(WIDTH, 3), epsilon: 1e-5 })),
    ["SkipSimplifiedLayerNormalization"],
    1e-6,
  ],
  layerNorm: [
    (g, { x }) => layerNorm(g, x, { weight: vector(WIDTH, 3), bias: vector(WIDTH, 4), epsilon: 1e-5 }),
    ["LayerNormalization"],
    1e-6,
  ],
  silu: [(g, { x }) => activate(g, x, "silu"), ["QuickGelu"], 1e-6],
  gelu: [(g, { x }) => activate(g, x, "gelu"), ["Gelu"], 1e-6],
  "gelu by tanh": [(g, { x }) => activate(g, x, "gelu_tanh"), ["Gelu"], 1e-6],
  relu: [(g, { x }) => activate(g, x, "relu"), ["Relu"], 0],
  softcap: [(g, { x }) => softcap(g, x, 1.5), ["Tanh"], 1e-6],
  gatedMlp: [
    (g, { x }) =>
      gatedMlp(g, x, {
        gate: denseMatrix(96, WIDTH, 1),
        up: denseMatrix(96, WIDTH, 2),
        down: denseMatrix(WIDTH, 96, 3),
        activation: "silu",
        biases: { down: vector(WIDTH, 4) },
      }),
    ["Gemm", "QuickGelu", "Mul"],
    1e-6,
  ],
  "rotary by halves": [
    (g, { heads, ids }) => rotary(g, heads, ids, rotaryTables(g, plain)),
    ["RotaryEmbedding"],
    1e-6,
  ],
  "rotary of neighbours": [
    (g, { heads, ids }) => rotary(g, heads, ids, rotaryTables(g, { ...plain, interleaved: true })),
    ["RotaryEmbedding"],
    1e-6,
  ],
  "rotary of a part of each head": [
    (g, { heads, ids }) =>
      rotary(g, heads, ids, rotaryTables(g, { frequencies: [1, 0.1, 0.01], positions: 16 })),
    ["RotaryEmbedding"],
    1e-6,
  ],
  "rotary of some heads, with an attention factor": [
    (g, { heads, ids }) => rotary(g, heads, ids, rotaryTables(g, { ...plain, factor: 1.3 }), 2),
    ["RotaryEmbedding"],
    1e-6,
  ],
  gatherRows: [(g, { x }) => gatherRows(g, x, g.constant("int64", [2], [3, 1])), ["Gather"], 0],
}

for (const [name, [make, operators, tolerance]] of Object.entries(composites))
  test(`${name} means the same in simple operators, in fused ones, and on onnxruntime`, async () => {
    const exact = build(name, { kind: "exact" }, make)
    const fused = build(name, { kind: "fused" }, make)
    const simple = new Set(exact.nodes.map((node) => node.domain))
    assert.deepEqual([...simple], [""])
    for (const op of operators)
      assert.ok(
        fused.nodes.some((node) => node.op === op),
        op,
      )
    const reference = interpret(exact, feeds)
    assertClose(interpret(fused, feeds), reference, 1e-6, "fused, interpreted:")
    assertClose(await runOnnxruntime(exact, feeds), reference, 1e-6, "exact, on onnxruntime:")
    assertClose(await runOnnxruntime(fused, feeds), reference, tolerance, "fused, on onnxruntime:")
  })

for (const name of ["rmsNorm", "skipRmsNorm", "gatedMlp"])
  test(`${name} built to be differentiated is the same, and so is its gradient`, async () => {
    const [make] = composites[name]!
    const withSlopes: Make = (g, inputs) => {
      const values = [make(g, inputs)].flat() as Value[]
      const terms = values.map((value) => ops.reduceSum(g, ops.mul(g, value, ops.exp(g, value)), [0, 1]))
      const loss = ops.reshape(
        g,
        terms.reduce((sum, term) => ops.add(g, sum, term)),
        [],
      )
      const read = new Set(g.nodes.flatMap((node) => node.inputs))
      const weights = [...read].map((input) => g.value(input)).filter((value) => g.constantOf(value)?.weight)
      return [...values, ...gradients(g, loss, [inputs.x, inputs.skip, ...weights])]
    }
    const reference = interpret(build(name, { kind: "exact" }, withSlopes), feeds)
    for (const without of [[], ["NormDeviation"]] as const) {
      const lowering = { kind: "fused", differentiated: true, without: new Set(without) } as const
      const graph = build(name, lowering, withSlopes)
      assertClose(interpret(graph, feeds), reference, 1e-5, `without ${without}, interpreted:`)
      assertClose(await runOnnxruntime(graph, feeds), reference, 1e-5, `without ${without}, on onnxruntime:`)
    }
  })

test("an operator the device lacks is written in those it has", () => {
  const make: Make = (g, { x, heads, ids }) => [
    activate(g, x, "silu"),
    rotary(g, heads, ids, rotaryTables(g, plain)),
  ]
  const graph = build("lacking", { kind: "fused", without: new Set(["QuickGelu"]) }, make)
  const used = new Set(graph.nodes.map(({ op }) => op))
  assert.ok(used.has("Sigmoid") && used.has("RotaryEmbedding") && !used.has("QuickGelu"))
})

test("gemma's norm multiplies by 1 + weight, at float32's precision", () => {
  const weight = { ...vector(WIDTH, 3), values: () => new Float32Array(WIDTH).fill(1) }
  const once = build("offset", { kind: "exact" }, (g, { x }) =>
    rmsNorm(g, x, { weight, epsilon: 0, offset: 1 }),
  )
  const twice = build("plain", { kind: "exact" }, (g, { x }) =>
    ops.mul(g, rmsNorm(g, x, { weight, epsilon: 0 }), g.constant("float32", [], [2])),
  )
  assertClose(interpret(once, feeds), interpret(twice, feeds), 0)
})

test("rotary turns each pair by its angle times the position, and position 0 by nothing", () => {
  const make: Make = (g, { heads, ids }) => rotary(g, heads, ids, rotaryTables(g, plain))
  const turned = interpret(build("rotary", { kind: "exact" }, make), feeds)["out0"]!.data
  const heads = feeds["heads"]!.data
  for (let row = 0; row < T; row++)
    for (let head = 0; head < 6; head++)
      for (let pair = 0; pair < 4; pair++) {
        const i = (row * 6 + head) * 8 + pair
        const angle = Number(ids[row]) * plain.frequencies[pair]!
        const [a, b] = [Number(heads[i]), Number(heads[i + 4])]
        assert.ok(Math.abs(Number(turned[i]) - (a * Math.cos(angle) - b * Math.sin(angle))) < 1e-5)
        assert.ok(Math.abs(Number(turned[i + 4]) - (b * Math.cos(angle) + a * Math.sin(angle))) < 1e-5)
      }
})

test("a head tied to its embedding keeps its bytes once", () => {
  const matrix = blockMatrix(64, WIDTH, 1, { bits: 8, block: 32, hasZeros: false })
  let read = 0
  const counted = matrix.kind === "blocks" ? { ...matrix, parts: () => (read++, matrix.parts()) } : matrix
  const graph = build("tied", { kind: "fused" }, (g, { ids }) =>
    linear(g, embedding(g, ids, counted), counted),
  )
  assert.equal(graph.initializers.filter(({ byteLength }) => byteLength === 64 * WIDTH).length, 2)
  const { placed } = toOnnx(graph, { weightsFile: "weights.bin" })
  assert.equal(placed.filter(({ initializer }) => initializer.byteLength === 64 * WIDTH).length, 1)
  for (const { initializer } of placed) initializer.bytes()
  assert.equal(read, 1)
})

test("the parts of a family leave stacked in layout order", () => {
  const g = new GraphBuilder("stack")
  const a = g.input("a", "float32", [2, "T", 4])
  const b = g.input("b", "float32", [1, "T", 4])
  newRows(g, "key", [a, b])
  newRows(g, "value", [b])
  assert.deepEqual(
    g.build().outputs.map(({ name, shape }) => [name, shape]),
    [
      ["new.key", [3, "T", 4]],
      ["new.value", [1, "T", 4]],
    ],
  )
})

test("blocks that do not divide the columns, and zeros for 4 bits, are refused", () => {
  const uneven = { ...blockMatrix(8, WIDTH, 1, { bits: 8, block: 32, hasZeros: false }), columns: 48 }
  const zeros = blockMatrix(8, WIDTH, 1, { bits: 4, block: 32, hasZeros: true })
  for (const matrix of [uneven, zeros])
    assert.throws(() => build("bad", { kind: "fused" }, (g, { ids }) => embedding(g, ids, matrix)), {
      code: "graph.shape-mismatch",
    })
})

const positive = (length: number): Vector => ({
  length,
  identity: `positive ${length}`,
  values: () => Float32Array.from({ length }, (_, i) => 0.5 + (i % 7) / 4),
})

for (const [bits, tolerance] of [
  [8, 2e-2],
  [16, 1e-4],
] as const)
  test(`weights with a scale per row multiply rows rounded to ${bits} bits, alike on the interpreter and onnxruntime`, async () => {
    const make: Make = (g, { x }) => [
      linear(g, x, rowMatrix(48, WIDTH, 1, positive(WIDTH), bits), vector(48, 2)),
      linear(g, x, rowMatrix(20, WIDTH, 2, undefined, bits)),
    ]
    const some = (rows: number, fill?: number): Tensors => {
      const data = (feeds["x"]!.data as Float32Array).slice(0, rows * WIDTH)
      if (fill !== undefined) data.fill(fill, 0, WIDTH)
      return {
        x: tensor("float32", [rows, WIDTH], data),
        skip: tensor("float32", [rows, WIDTH], data),
        ids: tensor("int64", [rows], ids.slice(0, rows)),
        heads: tensor("float32", [rows, 2, 3, 8], (feeds["heads"]!.data as Float32Array).slice(0, rows * 48)),
      }
    }
    const exact = build("rows", { kind: "exact" }, make)
    const fused = build("rows", { kind: "fused" }, make)
    assert.equal(fused.nodes.filter(({ op }) => op === "MatMulIntegerToFloat").length, 2)
    const reference = interpret(exact, feeds)
    assertClose(await runOnnxruntime(exact, feeds), reference, 1e-6, "exact, on onnxruntime:")
    assertClose(interpret(fused, feeds), reference, tolerance, "fused, interpreted:")
    for (const given of [some(1), some(T), some(2, 0), some(1, 0)])
      assertClose(await runOnnxruntime(fused, given), interpret(fused, given), 1e-6, "fused, on onnxruntime:")
    assert.deepEqual(interpret(fused, some(1, 0))["out0"]!.data, vector(48, 2).values())
    // Sums of integers are exact: no row depends on those beside it.
    const all = await runOnnxruntime(fused, some(T))
    const one = await runOnnxruntime(fused, some(1))
    for (const name of ["out0", "out1"]) {
      const width = one[name]!.data.length
      assert.deepEqual(one[name]!.data, (all[name]!.data as Float32Array).slice(0, width))
    }
  })

test("rows are rounded once for all weights that read them with the same factors", () => {
  const factors = positive(WIDTH)
  const graph = build("shared", { kind: "fused" }, (g, { x }) => [
    linear(g, x, rowMatrix(48, WIDTH, 1, factors)),
    linear(g, x, rowMatrix(20, WIDTH, 2, factors)),
    linear(g, x, rowMatrix(20, WIDTH, 3)),
  ])
  assert.equal(graph.nodes.filter(({ op }) => op === "QuantizeLinear").length, 2)
})

test("the builder's rule gives linear layers another form, and sees what goes in and out", () => {
  const seen: string[] = []
  const rule: LinearRule = (x, matrix, multiply) => {
    const result = multiply(rowMatrix(matrix.rows, matrix.columns, 1))
    seen.push(`${x.shape.join()} ${matrix.kind} ${result.shape.join()}`)
    return result
  }
  const graph = build("ruled", { kind: "fused", linear: rule }, (g, { x }) =>
    linear(g, x, denseMatrix(48, WIDTH, 1)),
  )
  assert.deepEqual(seen, [`T,${WIDTH} dense T,48`])
  assert.ok(graph.nodes.some(({ op }) => op === "MatMulIntegerToFloat"))
})
