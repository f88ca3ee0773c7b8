import assert from "node:assert/strict"
import { test } from "node:test"
import { assertAgrees, interpret, randomFloats } from "./_compare.ts"
import type { Tensors } from "./_compare.ts"
import { interpretedOperators } from "./interpreter/_prepare.ts"
import { GraphBuilder, evaluateDimension, ops } from "./mod.ts"
import type { Dimension, ElementType, Graph, TypedArray, Value } from "./mod.ts"

type Lengths = Readonly<Record<"T" | "C", number>>

/** A graph over one operator, and random inputs for it. */
class Trial {
  readonly g: GraphBuilder
  readonly feeds: Record<string, Tensors[string]> = {}
  readonly random: (count: number, scale?: number) => Float32Array

  readonly #lengths: Lengths

  constructor(name: string, seed: number, lengths: Lengths) {
    this.#lengths = lengths
    this.g = new GraphBuilder(name, { kind: "fused" })
    this.random = randomFloats(seed)
  }

  input(type: ElementType, shape: readonly Dimension[], make: (x: number) => number = (x) => 3 * x): Value {
    const name = `in${this.g.inputs.length}`
    const names = new Map(Object.entries(this.#lengths))
    const dims = shape.map((size) => evaluateDimension(size, names))
    const count = dims.reduce((product, size) => product * size, 1)
    const values = Array.from(this.random(count), make)
    const data: TypedArray =
      type === "int64"
        ? BigInt64Array.from(values, (x) => BigInt(Math.round(x)))
        : type === "int32"
          ? Int32Array.from(values)
          : type === "bool"
            ? Uint8Array.from(values, (x) => Number(x > 0))
            : Float32Array.from(values)
    this.feeds[name] = { type, dims, data }
    return this.g.input(name, type, shape)
  }

  floats(...shape: Dimension[]): Value {
    return this.input("float32", shape)
  }

  positive(...shape: Dimension[]): Value {
    return this.input("float32", shape, (x) => Math.abs(x) + 0.1)
  }

  indices(below: number, ...shape: Dimension[]): Value {
    return this.input("int64", shape, (x) => Math.floor(((x + 1) / 2) * below * 0.999))
  }

  weights(...shape: number[]): Value {
    const data = this.random(shape.reduce((product, size) => product * size, 1))
    return this.g.initializer({ type: "float32", shape, bytes: () => new Uint8Array(data.buffer) })
  }

  codes(...shape: number[]): Value {
    const count = shape.reduce((product, size) => product * size, 1)
    const data = Uint8Array.from(this.random(count), (x) => Math.floor((x + 1) * 127.9))
    return this.g.initializer({ type: "uint8", shape, bytes: () => data })
  }

  signedCodes(...shape: number[]): Value {
    const count = shape.reduce((product, size) => product * size, 1)
    const data = Int8Array.from(this.random(count), (x) => Math.round(x * 60))
    return this.g.initializer({ type: "int8", shape, bytes: () => new Uint8Array(data.buffer) })
  }

  byte(value: number): Value {
    return this.g.initializer({ type: "uint8", shape: [], bytes: () => Uint8Array.of(value) })
  }
}

type Make = (t: Trial) => Value | readonly Value[]
const blocks = (t: Trial, bits: 4 | 8, zeros: boolean): { codes: Value; scales: Value; zeros?: Value } => ({
  codes: t.codes(7, 2, (32 * bits) / 8),
  scales: t.weights(7, 2),
  ...(zeros ? { zeros: t.codes(7, 2) } : {}),
})
const format = (bits: 4 | 8): { rows: number; columns: number; bits: 4 | 8; block: number } => ({
  rows: 7,
  columns: 64,
  bits,
  block: 32,
})

const cases: Record<string, Make> = {
  "Add with equal shapes": (t) => ops.add(t.g, t.floats("T", 4), t.floats("T", 4)),
  "Add that stretches both": (t) => ops.add(t.g, t.floats("T", 1, 4), t.floats(5, 1)),
  "Add of integers": (t) => ops.add(t.g, t.indices(9, "T", 4), t.indices(9, 4)),
  "Sub of int32": (t) => ops.sub(t.g, t.input("int32", ["T", 4]), t.input("int32", [1])),
  "Mul by a number": (t) => ops.mul(t.g, t.floats("T", 4), t.g.constant("float32", [], [0.3])),
  "Div by rows": (t) => ops.div(t.g, t.floats("T", 4), t.positive("T", 1)),
  Max: (t) => ops.max(t.g, t.floats("T", 4), t.floats(4)),
  Min: (t) => ops.min(t.g, t.floats("T", 4), t.floats(4)),
  Equal: (t) => ops.equal(t.g, t.indices(3, "T", 4), t.indices(3, 4)),
  Less: (t) => ops.less(t.g, t.floats("T", 4), t.floats(4)),
  LessOrEqual: (t) => ops.lessOrEqual(t.g, t.indices(3, "T", 4), t.indices(3, 4)),
  Greater: (t) => ops.greater(t.g, t.floats("T", 4), t.floats(4)),
  Abs: (t) => ops.abs(t.g, t.floats("T", 4)),
  "Round, halves included": (t) =>
    ops.round(
      t.g,
      t.input("float32", ["T", 40], (x) => Math.round(9 * x) / 2),
    ),
  Neg: (t) => ops.neg(t.g, t.floats("T", 4)),
  Exp: (t) => ops.exp(t.g, t.floats("T", 4)),
  Log: (t) => ops.log(t.g, t.positive("T", 4)),
  Sqrt: (t) => ops.sqrt(t.g, t.positive("T", 4)),
  Tanh: (t) => ops.tanh(t.g, t.floats("T", 40)),
  Sigmoid: (t) => ops.sigmoid(t.g, t.floats("T", 40)),
  Erf: (t) =>
    ops.erf(
      t.g,
      t.input("float32", ["T", 40], (x) => 7 * x),
    ),
  Relu: (t) => ops.relu(t.g, t.floats("T", 4)),
  "Gelu by the error function": (t) => ops.gelu(t.g, t.floats("T", 40), "none"),
  "Gelu by tanh": (t) => ops.gelu(t.g, t.floats("T", 40), "tanh"),
  QuickGelu: (t) => ops.quickGelu(t.g, t.floats("T", 40), 1),
  Where: (t) => ops.where(t.g, t.input("bool", ["T", 1]), t.floats("T", 4), t.floats(4)),
  "Cast to integers": (t) => ops.cast(t.g, t.floats("T", 4), "int64"),
  "Cast to floats": (t) => ops.cast(t.g, t.indices(9, "T", 4), "float32"),
  "Cast to truth": (t) => ops.cast(t.g, t.indices(2, "T", 4), "bool"),
  Reshape: (t) => ops.reshape(t.g, t.floats("T", 12), ["T", 3, 4]),
  "Reshape to a length that is worked out": (t) => ops.reshape(t.g, t.floats("T", 12), ["2*T", 6]),
  "Reshape to two lengths that depend on names": (t) =>
    ops.reshape(t.g, t.floats("T", "C", 6), ["2*T", "3*C"]),
  Transpose: (t) => ops.transpose(t.g, t.floats("T", 2, "C", 3), [2, 0, 3, 1]),
  "Concat along names": (t) => ops.concat(t.g, [t.floats(2, "C", 3), t.floats(2, "T", 3)], 1),
  "Concat along the last axis": (t) => ops.concat(t.g, [t.indices(9, "T", 3), t.indices(9, "T", 1)], -1),
  "Split by numbers": (t) => ops.split(t.g, t.floats("T", 5, 2), [3, 1, 1], 1),
  "Split by names": (t) =>
    ops.split(t.g, ops.concat(t.g, [t.floats(2, "C"), t.floats(2, "T")], 1), ["C", "T"], 1),
  Slice: (t) => ops.slice(t.g, t.floats("T", 5, 2), 1, 1, 4),
  "Gather rows": (t) => ops.gather(t.g, t.floats("C", 2, 3), t.indices(5, "T")),
  "Gather along the last axis": (t) => ops.gather(t.g, t.floats("T", 5), t.indices(5, 2, 3), 1),
  "GatherElements of the last axis": (t) => ops.gatherElements(t.g, t.floats("T", 5), t.indices(5, "T", 2)),
  "GatherElements of the first axis": (t) =>
    ops.gatherElements(t.g, t.floats("C", 3), t.indices(5, "T", 3), 0),
  "ScatterElements that adds up what meets": (t) =>
    ops.scatterElements(t.g, t.floats("C", 3), t.indices(5, "T", 3), t.floats("T", 3), 0),
  "ScatterElements of the last axis": (t) =>
    ops.scatterElements(t.g, t.floats("T", 5), t.indices(5, "T", 2), t.floats("T", 2)),
  GatherND: (t) => ops.gatherND(t.g, t.floats("T", 5, 3), t.indices(5, "T", 2)),
  TopK: (t) => Object.values(ops.topK(t.g, t.floats("T", 7), 3)),
  "TopK of the smallest": (t) => Object.values(ops.topK(t.g, t.floats("T", 7), 3, "smallest")),
  Tile: (t) => ops.tile(t.g, t.floats("T", "C"), [3, 2]),
  Expand: (t) => ops.expand(t.g, t.floats("T", 1), [2, "T", 4]),
  "Identity of an input": (t) => ops.identity(t.g, t.floats("T")),
  "Shape arithmetic": (t) => {
    t.floats("T", "C")
    return ops.sizes(t.g, ["C+T", "2*C*T+1", 4, "T"])
  },
  MatMul: (t) => ops.matMul(t.g, t.floats("T", 4), t.floats(4, 5)),
  "MatMul in batches that stretch": (t) => ops.matMul(t.g, t.floats(2, 1, "T", 4), t.floats(3, 4, 5)),
  "MatMul with an empty inner dimension": (t) => ops.matMul(t.g, t.floats(2, "T", 0), t.floats(2, 0, 5)),
  FusedMatMul: (t) =>
    ops.fusedMatMul(t.g, t.floats(3, "T", 4), t.floats(3, "C", 4), { transposeB: true, alpha: 0.25 }),
  "FusedMatMul of columns": (t) =>
    ops.fusedMatMul(t.g, t.floats(3, "T", 4), t.floats(3, "T", "C"), {
      transposeA: true,
      transposeB: false,
      alpha: 0.25,
    }),
  Gemm: (t) => ops.gemm(t.g, t.floats("T", 4), t.weights(5, 4)),
  "Gemm with bias": (t) => ops.gemm(t.g, t.floats("T", 4), t.weights(5, 4), t.weights(5)),
  "Gemm of columns": (t) =>
    ops.gemm(t.g, t.floats("T", 4), t.floats("T", 5), t.floats(5), { transposeX: true, transposeW: false }),
  "Gemm of rows": (t) => ops.gemm(t.g, t.floats("T", 4), t.floats(4, 5), undefined, { transposeW: false }),
  Conv: (t) => ops.conv(t.g, t.floats("T", 4, 9), t.weights(6, 4, 3)),
  "Conv of groups, dilated, over two axes": (t) =>
    ops.conv(t.g, t.floats("T", 4, 9, 7), t.weights(6, 2, 3, 2), t.weights(6), {
      strides: [2, 1],
      pads: [1, 2, 0, 1],
      dilations: [2, 1],
      groups: 2,
    }),
  ConvTranspose: (t) => ops.convTranspose(t.g, t.floats("T", 4, 9), t.weights(4, 3, 3)),
  "ConvTranspose of groups, dilated, over two axes": (t) =>
    ops.convTranspose(t.g, t.floats("T", 4, 3, 5), t.weights(4, 2, 2, 3), t.weights(4), {
      strides: [2, 3],
      pads: [1, 0, 0, 2],
      dilations: [1, 2],
      groups: 2,
      more: [1, 2],
    }),
  Softmax: (t) => ops.softmax(t.g, t.floats("T", 2, "C")),
  CumSum: (t) => ops.cumSum(t.g, t.floats("T", 2, 9)),
  LogSoftmax: (t) => ops.logSoftmax(t.g, t.floats("T", 2, "C")),
  ReduceSumSquare: (t) => ops.reduceSumSquare(t.g, t.floats("T", 2, "C"), [0, 2]),
  "ReduceMean of the last axis": (t) => ops.reduceMean(t.g, t.floats("T", "C")),
  "ReduceSum of the first axes": (t) => ops.reduceSum(t.g, t.floats("T", 2, "C"), [0, 1]),
  "ReduceMax of the middle": (t) => ops.reduceMax(t.g, t.floats("T", 4, "C"), [1]),
  LayerNormalization: (t) => ops.layerNormalization(t.g, t.floats("T", 8), t.weights(8), t.weights(8), 1e-3),
  "LayerNormalization without bias": (t) =>
    ops.layerNormalization(t.g, t.floats("T", 8), t.weights(8), undefined, 1e-3),
  SimplifiedLayerNormalization: (t) =>
    ops.simplifiedLayerNormalization(t.g, t.floats("T", 2, 8), t.weights(8), 1e-3),
  "SimplifiedLayerNormalization, and the inverse deviation": (t) =>
    Object.values(ops.normalizeRows(t.g, t.floats("T", 2, 8), t.weights(8), 1e-3)),
  SkipSimplifiedLayerNormalization: (t) =>
    Object.values(
      ops.skipSimplifiedLayerNormalization(t.g, t.floats("T", 8), t.floats("T", 8), t.weights(8), 1e-3),
    ),
  "RotaryEmbedding by halves": (t) =>
    ops.rotaryEmbedding(
      t.g,
      t.floats("T", 2, 3, 8),
      t.indices(9, "T", 3),
      { cos: t.weights(9, 4), sin: t.weights(9, 4) },
      false,
    ),
  "RotaryEmbedding of neighbours": (t) =>
    ops.rotaryEmbedding(
      t.g,
      t.floats("T", 2, 3, 8),
      t.indices(9, "T", 3),
      { cos: t.weights(9, 4), sin: t.weights(9, 4) },
      true,
    ),
  "RotaryEmbedding of a part": (t) =>
    ops.rotaryEmbedding(
      t.g,
      t.floats("T", 2, 3, 8),
      t.indices(9, "T", 3),
      { cos: t.weights(9, 2), sin: t.weights(9, 2) },
      false,
    ),
  "GatherBlockQuantized, 8 bits": (t) => {
    const { scales, zeros } = blocks(t, 8, true)
    return ops.gatherBlockQuantized(
      t.g,
      { codes: t.codes(7, 64), scales, zeros },
      t.indices(7, "T"),
      format(8),
    )
  },
  "GatherBlockQuantized, 4 bits": (t) => {
    const { scales } = blocks(t, 4, false)
    return ops.gatherBlockQuantized(t.g, { codes: t.codes(7, 32), scales }, t.indices(7, "T"), format(4))
  },
  Attention: (t) => {
    const [q, k, v] = [t.floats(2, 4, "T", 8), t.floats(2, 2, "C", 8), t.floats(2, 2, "C", 8)]
    return ops.attention(t.g, q, k, v, t.floats("T", "C"), 0.3)
  },
  DequantizeLinear: (t) => {
    const zero = t.byte(128)
    const codes = ops.quantizeLinear(t.g, t.floats("T", 6), t.g.constant("float32", [], [0.02]), zero)
    return ops.dequantizeLinear(t.g, codes, t.g.constant("float32", [], [0.03]), zero)
  },
  "QuantizeLinear, halves and values out of range included": (t) =>
    ops.quantizeLinear(
      t.g,
      t.input("float32", ["T", 64], (x) => Math.round(600 * x) / 2),
      t.g.constant("float32", [], [1]),
      t.byte(128),
    ),
  MatMulIntegerToFloat: (t) =>
    ops.matMulIntegerToFloat(
      t.g,
      {
        codes: ops.quantizeLinear(t.g, t.floats("T", 64), t.g.constant("float32", [], [0.03]), t.byte(128)),
        scale: t.g.constant("float32", [], [0.03]),
        zero: t.byte(128),
      },
      { codes: t.signedCodes(64, 7), scales: t.weights(7) },
    ),
}

const trial = (
  name: string,
  make: Make,
  seed: number,
  lengths: Lengths,
): { graph: Graph; feeds: Tensors } => {
  const t = new Trial(name, seed, lengths)
  const made = make(t)
  ;[made].flat().forEach((value, i) => t.g.output(`out${i}`, value as Value))
  return { graph: t.g.build(), feeds: t.feeds }
}

const covered = new Set<string>()

/** One row, and two draws of lengths; `C` is long enough for the indices of the cases. */
const drawLengths = (name: string): readonly Lengths[] => {
  const random = randomFloats(name.length)(4)
  const draw = (i: number, from: number, to: number): number =>
    from + Math.floor(((random[i]! + 1) / 2) * (to - from + 0.999))
  return [
    { T: 1, C: 5 },
    { T: draw(0, 2, 5), C: draw(1, 5, 9) },
    { T: draw(2, 2, 5), C: draw(3, 5, 9) },
  ]
}

for (const [name, make] of Object.entries(cases))
  test(`the interpreter agrees with onnxruntime on ${name}`, async () => {
    for (const [seed, lengths] of drawLengths(name).entries()) {
      const { graph, feeds } = trial(name, make, seed, lengths)
      for (const node of graph.nodes) covered.add(node.op)
      await assertAgrees(graph, feeds, 2e-6)
    }
  })

// onnxruntime rounds activations to 8 bits in MatMulNBits, so that operator is held only to that.
const quantized: Record<string, Make> = {
  "MatMulNBits, 8 bits": (t) => ops.matMulNBits(t.g, t.floats("T", 64), blocks(t, 8, false), format(8)),
  "MatMulNBits, 8 bits with zeros": (t) =>
    ops.matMulNBits(t.g, t.floats("T", 64), blocks(t, 8, true), format(8)),
  "MatMulNBits, 4 bits": (t) => ops.matMulNBits(t.g, t.floats("T", 64), blocks(t, 4, false), format(4)),
  "MatMulNBits with bias": (t) =>
    ops.matMulNBits(t.g, t.floats("T", 64), blocks(t, 8, false), format(8), t.weights(7)),
}

for (const [name, make] of Object.entries(quantized))
  test(`the interpreter agrees with onnxruntime, but for rounded activations, on ${name}`, async () => {
    for (const [seed, lengths] of drawLengths(name).entries()) {
      const { graph, feeds } = trial(name, make, seed, lengths)
      for (const node of graph.nodes) covered.add(node.op)
      await assertAgrees(graph, feeds, 1.5e-2)
    }
  })

test("every operator of the interpreter is compared with onnxruntime", () => {
  assert.deepEqual(
    interpretedOperators.filter((op) => !covered.has(op)),
    [],
  )
})

test("types and shapes inferred are those of the results", () => {
  const lengths = { T: 3, C: 5 }
  const names = new Map(Object.entries(lengths))
  for (const [name, make] of Object.entries({ ...cases, ...quantized })) {
    const { graph, feeds } = trial(name, make, 1, lengths)
    const results = interpret(graph, feeds)
    for (const { name: output, type, shape } of graph.outputs) {
      const dims = shape.map((size) => evaluateDimension(size, names))
      assert.deepEqual([results[output]!.type, results[output]!.dims], [type, dims], name)
    }
  }
})
