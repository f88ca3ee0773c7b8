import assert from "node:assert/strict"
import { test } from "node:test"
import { bidirectional, causal, visibilityMatrix } from "@parade/core"
import type { Visibility } from "@parade/core"
import { assertClose, interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import { GraphBuilder, attention, gradients, ops, rotaryTables, tensor } from "../mod.ts"
import { assertGradients, differentiated } from "../autodiff/_finite-differences.ts"
import type { Graph, Lowering } from "../mod.ts"
import { vector } from "./_weights_fixture.ts"

interface Case {
  readonly kvHeads: number
  readonly groups: number
  readonly headDim: number
  readonly past: number
  /** Columns of the past that no row sees, full of numbers. */
  readonly spare?: number
  /** Of the new rows; five where absent. */
  readonly rows?: number
  readonly visibility: Visibility
  readonly softcap?: number
  readonly norms?: boolean
  readonly rotary?: "halves" | "neighbours"
}

const tree: Visibility = { rule: "tree", parents: [-1, 0, 0, 1, -1] }
const T = 5
const many = 20
const manyTree: Visibility = {
  rule: "tree",
  parents: Array.from({ length: many }, (_, row) => Math.floor((row - 1) / 2)),
}
const base = { kvHeads: 2, groups: 3, headDim: 4, past: 3, visibility: causal(T) } as const

const cases: Record<string, Case> = {
  "a causal mask": base,
  "a tree": { ...base, visibility: tree },
  "a bidirectional mask": { ...base, visibility: bidirectional(T) },
  "one query head per key head": { ...base, groups: 1, kvHeads: 3 },
  "one key head for all": { ...base, groups: 4, kvHeads: 1 },
  "an empty past": { ...base, past: 0 },
  "spare columns that are masked": { ...base, spare: 6, visibility: tree },
  "softcapped scores": { ...base, softcap: 0.7 },
  "normed queries and keys": { ...base, norms: true },
  "turned heads": { ...base, rotary: "halves" },
  "many rows": { ...base, rows: many, visibility: causal(many) },
  "many rows in a tree, beside masked columns": { ...base, rows: many, spare: 6, visibility: manyTree },
  "many rows and an empty past": { ...base, rows: many, past: 0, visibility: bidirectional(many) },
  "many softcapped rows": { ...base, rows: many, visibility: causal(many), softcap: 0.7 },
  "turned neighbours, normed, in a tree": { ...base, visibility: tree, norms: true, rotary: "neighbours" },
}

const positionOf = (row: number): number => [3, 4, 4, 5, 3][row % 5]!
const frequencies = [1, 0.1]
const norms = {
  queryNorm: { weight: vector(4, 11), epsilon: 1e-3 },
  keyNorm: { weight: vector(4, 12), epsilon: 1e-3 },
}

const build = (of: Case, lowering: Lowering): Graph => {
  const { kvHeads, groups, headDim } = of
  const g = new GraphBuilder("attention", lowering)
  const inputs = {
    qkv: g.input("qkv", "float32", ["T", kvHeads * (groups + 2) * headDim]),
    pastKey: g.input("key", "float32", [kvHeads, "C", headDim]),
    pastValue: g.input("value", "float32", [kvHeads, "C", headDim]),
    mask: g.input("mask", "float32", ["T", "C+T"]),
    positions: g.input("positions", "int64", ["T"]),
  }
  const tables = { frequencies, positions: 8, interleaved: of.rotary === "neighbours" }
  const { output, newKey, newValue } = attention(g, inputs, {
    kvHeads,
    groups,
    headDim,
    scale: 0.4,
    softcap: of.softcap,
    rotary: of.rotary === undefined ? undefined : rotaryTables(g, tables),
    ...(of.norms === true ? norms : {}),
  })
  g.output("output", output)
  g.output("new.key", newKey)
  g.output("new.value", newValue)
  return g.build()
}

const feedsOf = (of: Case): Tensors => {
  const random = randomFloats(5)
  const { kvHeads, groups, headDim, past, spare = 0, rows: T = 5 } = of
  const columns = past + spare
  const visible = visibilityMatrix(of.visibility, past, T)
  const mask = new Float32Array(T * (columns + T)).fill(-Infinity)
  for (let row = 0; row < T; row++)
    for (let column = 0; column < past + T; column++)
      if (visible[row * (past + T) + column] === 1)
        mask[row * (columns + T) + column + (column < past ? 0 : spare)] = 0
  const floats = (...dims: number[]): Tensors[string] =>
    tensor(
      "float32",
      dims,
      random(
        dims.reduce((a, b) => a * b, 1),
        2,
      ),
    )
  return {
    qkv: floats(T, kvHeads * (groups + 2) * headDim),
    key: floats(kvHeads, columns, headDim),
    value: floats(kvHeads, columns, headDim),
    mask: tensor("float32", [T, columns + T], mask),
    positions: tensor(
      "int64",
      [T],
      BigInt64Array.from({ length: T }, (_, row) => BigInt(positionOf(row))),
    ),
  }
}

const normed = (x: number[], weight: Float32Array): number[] => {
  const size = Math.sqrt(x.reduce((sum, a) => sum + a * a, 0) / x.length + 1e-3)
  return x.map((a, i) => (a / size) * weight[i]!)
}

const turned = (x: number[], position: number, neighbours: boolean): number[] => {
  const out = [...x]
  frequencies.forEach((frequency, pair) => {
    const [i, j] = neighbours ? [2 * pair, 2 * pair + 1] : [pair, pair + 2]
    const [c, s] = [Math.cos(position * frequency), Math.sin(position * frequency)]
    out[i] = x[i]! * c - x[j]! * s
    out[j] = x[j]! * c + x[i]! * s
  })
  return out
}

/** Attention by its definition, head by head and row by row. */
const naive = (of: Case, feeds: Tensors): Tensors => {
  const { kvHeads, groups, headDim: width, rows: T = 5 } = of
  const columns = feeds["key"]!.dims[1]!
  const at = (name: string, from: number): number[] =>
    Array.from(feeds[name]!.data.slice(from, from + width), Number)
  const packed = (row: number, head: number, part: number): number[] => {
    const x = at("qkv", ((row * kvHeads + head) * (groups + 2) + part) * width)
    if (part > groups) return x
    const weights = part === groups ? norms.keyNorm.weight : norms.queryNorm.weight
    const y = of.norms === true ? normed(x, weights.values()) : x
    return of.rotary === undefined ? y : turned(y, positionOf(row), of.rotary === "neighbours")
  }
  const output = new Float32Array(T * kvHeads * groups * width)
  const newKey = new Float32Array(kvHeads * T * width)
  const newValue = new Float32Array(kvHeads * T * width)
  for (let head = 0; head < kvHeads; head++) {
    const past = Array.from({ length: columns }, (_, i) => (head * columns + i) * width)
    const fresh = Array.from({ length: T }, (_, row) => row)
    const keys = [...past.map((i) => at("key", i)), ...fresh.map((row) => packed(row, head, groups))]
    const values = [...past.map((i) => at("value", i)), ...fresh.map((row) => packed(row, head, groups + 1))]
    for (let row = 0; row < T; row++) {
      newKey.set(keys[columns + row]!, (head * T + row) * width)
      newValue.set(values[columns + row]!, (head * T + row) * width)
      for (let group = 0; group < groups; group++) {
        const query = packed(row, head, group)
        const powers = keys.map((key, column) => {
          const score = 0.4 * key.reduce((sum, k, i) => sum + k * query[i]!, 0)
          const capped = of.softcap === undefined ? score : of.softcap * Math.tanh(score / of.softcap)
          return Math.exp(capped + Number(feeds["mask"]!.data[row * keys.length + column]))
        })
        const total = powers.reduce((sum, power) => sum + power, 0)
        for (let i = 0; i < width; i++) {
          const mixed = powers.reduce((sum, power, column) => sum + power * values[column]![i]!, 0)
          output[((row * kvHeads + head) * groups + group) * width + i] = mixed / total
        }
      }
    }
  }
  return {
    output: tensor("float32", [T, kvHeads * groups * width], output),
    "new.key": tensor("float32", [kvHeads, T, width], newKey),
    "new.value": tensor("float32", [kvHeads, T, width], newValue),
  }
}

const lowerings: Record<string, Lowering> = {
  exact: { kind: "exact" },
  fused: { kind: "fused" },
  "without FusedMatMul and RotaryEmbedding": {
    kind: "fused",
    without: new Set(["FusedMatMul", "RotaryEmbedding"]),
  },
}

for (const [name, of] of Object.entries(cases))
  test(`attention with ${name} is attention by its definition, in every lowering and on onnxruntime`, async () => {
    const feeds = feedsOf(of)
    const expected = naive(of, feeds)
    for (const [which, lowering] of Object.entries(lowerings)) {
      const graph = build(of, lowering)
      assertClose(interpret(graph, feeds), expected, 2e-6, `${which}, interpreted:`)
      assertClose(await runOnnxruntime(graph, feeds), expected, 2e-6, `${which}, on onnxruntime:`)
    }
  })

test("sequences side by side are each by itself, to the bit", () => {
  const shape = { ...base, groups: 2, scale: 0.4 }
  const [count, length] = [3, 4]
  const build = (sequences: number): Graph => {
    const g = new GraphBuilder("sequences")
    const rows = sequences * length
    const tables = rotaryTables(g, { frequencies, positions: 8 })
    const { output } = attention(
      g,
      {
        qkv: g.input("qkv", "float32", [rows, shape.kvHeads * (shape.groups + 2) * shape.headDim]),
        mask: g.input("mask", "float32", [sequences, length, length]),
        positions: g.input("positions", "int64", [rows]),
      },
      { ...shape, rotary: tables },
    )
    g.output("output", output)
    return g.build()
  }
  const random = randomFloats(9)
  const width = shape.kvHeads * (shape.groups + 2) * shape.headDim
  const qkv = random(count * length * width)
  // Each sequence has a mask of its own: a row sees all but one other.
  const mask = Float32Array.from({ length: count * length * length }, (_, i) => (i % 5 === 0 ? -Infinity : 0))
  const feedsFor = (from: number, to: number): Tensors => ({
    qkv: tensor(
      "float32",
      [(to - from) * length, width],
      qkv.slice(from * length * width, to * length * width),
    ),
    mask: tensor("float32", [to - from, length, length], mask.slice(from * length ** 2, to * length ** 2)),
    positions: tensor(
      "int64",
      [(to - from) * length],
      BigInt64Array.from({ length: (to - from) * length }, (_, i) => BigInt(i % length)),
    ),
  })
  const together = interpret(build(count), feedsFor(0, count))["output"]!.data
  const alone = Array.from({ length: count }, (_, i) => [
    ...(interpret(build(1), feedsFor(i, i + 1))["output"]!.data as Float32Array),
  ])
  assert.deepEqual([...(together as Float32Array)], alone.flat())
})

for (const name of ["turned", "normed and turned", "softcapped", "as they are"] as const)
  test(`sequences whose heads are ${name} have the same gradient as moved rows and by transposing`, async () => {
    const [count, length] = [3, 4]
    const own = { ...base, groups: 2, scale: 0.4, softcap: name === "softcapped" ? 0.7 : undefined }
    const dims = [count * length, own.kvHeads * (own.groups + 2) * own.headDim]
    const build = (kind: Lowering["kind"]): Graph => {
      const g = new GraphBuilder("sequences", { kind })
      const qkv = g.input("qkv", "float32", dims)
      const mask = g.input("mask", "float32", [count, length, length])
      const positions = g.input("positions", "int64", [count * length])
      const rotary = name === "as they are" ? undefined : rotaryTables(g, { frequencies, positions: 8 })
      const normed = name === "normed and turned" ? norms : {}
      const { output, newKey, newValue } = attention(
        g,
        { qkv, mask, positions },
        { ...own, ...normed, rotary },
      )
      g.output("output", output)
      g.output("key", newKey)
      g.output("value", newValue)
      const loss = ops.reduceSum(g, ops.mul(g, output, ops.exp(g, output)), [0, 1])
      g.output("slope", gradients(g, ops.reshape(g, loss, []), [qkv])[0]!)
      return g.build()
    }
    const feeds = {
      qkv: tensor("float32", dims, randomFloats(3)(dims[0]! * dims[1]!)),
      mask: tensor(
        "float32",
        [count, length, length],
        Float32Array.from({ length: count * length ** 2 }, (_, i) => (i % 5 === 0 ? -1e9 : 0)),
      ),
      positions: tensor(
        "int64",
        [count * length],
        BigInt64Array.from({ length: count * length }, (_, i) => BigInt((i * 3) % 8)),
      ),
    }
    const expected = interpret(build("exact"), feeds)
    assertClose(interpret(build("fused"), feeds), expected, 1e-6, "fused, interpreted:")
    assertClose(await runOnnxruntime(build("fused"), feeds), expected, 2e-6, "fused, on onnxruntime:")
  })

test("the gradient of attention is the slope of the function", () => {
  for (const sequences of [undefined, 2])
    for (const softcap of [undefined, 0.7]) {
      const { graph, feeds } = differentiated(
        (t) => {
          const rows = (sequences ?? 1) * 3
          const tables = rotaryTables(t.g, { frequencies: [1], positions: 8 })
          const mask = t.g.constant(
            "float32",
            sequences === undefined ? [3, 3] : [sequences, 3, 3],
            Array.from({ length: rows * 3 }, (_, i) => (i % 3 > Math.floor(i / 3) % 3 ? -1e9 : 0)),
          )
          const { output } = attention(
            t.g,
            { qkv: t.floats([rows, 2 * 4 * 2]), mask, positions: t.indices(8, [rows]) },
            { kvHeads: 2, groups: 2, headDim: 2, scale: 0.5, softcap, rotary: tables },
          )
          return output
        },
        4,
        {},
      )
      assertGradients(graph, feeds, "attention")
    }
})
