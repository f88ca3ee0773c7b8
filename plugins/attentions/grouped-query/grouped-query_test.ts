import assert from "node:assert/strict"
import { test } from "node:test"
import { GraphBuilder } from "@parade/graph"
import type { Matrix, Vector } from "@parade/graph"
import type { Architecture, PartWeights } from "@parade/layers"
import { matrixValues } from "@parade/weights"
import { packProjections } from "./_pack.ts"
import { groupedQueryAttention } from "./grouped-query.ts"

const architecture: Architecture = {
  name: "llama",
  vocabulary: 16,
  width: 4,
  contextLength: 32,
  layers: [{}, { window: 5 }],
  norm: { kind: "rms", epsilon: 1e-5, offset: 0 },
  attention: {
    heads: 4,
    keyValueHeads: 2,
    headWidth: 2,
    scale: 1,
    queryKeyNorm: false,
    queryKeyValueBias: true,
    outputBias: false,
  },
  feedForward: { width: 8, activation: "silu", gated: true, bias: false },
  postNorms: false,
  embedding: { scale: 1, learnedPositions: false },
  head: { tied: true },
}

/** Row `i` of a matrix, and element `i` of a bias, is the matrix's number and `i`. */
const first: Readonly<Record<string, number>> = { q_proj: 100, k_proj: 200, v_proj: 300, o_proj: 400 }

const numbered: PartWeights = {
  has: () => true,
  matrix: (name, rows, columns): Matrix => ({
    kind: "dense",
    rows,
    columns,
    identity: name,
    values: () =>
      Float32Array.from(
        { length: rows * columns },
        (_, i) => first[name.slice(0, 6)]! + Math.floor(i / columns),
      ),
  }),
  vector: (name, length): Vector => ({
    length,
    identity: name,
    values: () => Float32Array.from({ length }, (_, i) => first[name.slice(0, 6)]! + i),
  }),
}

test("each key/value head has its queries, its key and its value side by side, biases alike", () => {
  const { matrix, bias } = packProjections(architecture, numbered)
  const order = [100, 101, 102, 103, 200, 201, 300, 301, 104, 105, 106, 107, 202, 203, 302, 303]
  const values = matrixValues(matrix)
  assert.deepEqual(
    order.map((_, row) => values[row * 4]),
    order,
  )
  assert.deepEqual(Array.from(bias!.values()), order)
})

test("a number of heads that the weights have not is refused by them before anything is made so long", () => {
  const mismatch = new Error("mismatch")
  const refusing: PartWeights = {
    ...numbered,
    matrix: () => {
      throw mismatch
    },
  }
  const many = { ...architecture, attention: { ...architecture.attention, heads: 2 ** 28 } }
  assert.throws(() => packProjections(many, refusing), mismatch)
})

test("a row stores one key and one value per key/value head, and layers see as far as the architecture says", () => {
  assert.deepEqual(groupedQueryAttention.stores(architecture, 0), [
    { family: "key", blocks: 2, width: 2 },
    { family: "value", blocks: 2, width: 2 },
  ])
  assert.equal(groupedQueryAttention.window(architecture, 0), undefined)
  assert.equal(groupedQueryAttention.window(architecture, 1), 5)
})

test("the sub-layer maps rows to rows, and hands on what was declared", () => {
  const g = new GraphBuilder("attention")
  const past = (name: string) => g.input(name, "float32", [2, "C", 2])
  const { rows, stored } = groupedQueryAttention.build({
    builder: g,
    architecture,
    layer: 0,
    weights: numbered,
    rows: g.input("rows", "float32", ["T", 4]),
    positions: g.input("positions", "int64", ["T"]),
    mask: g.input("mask", "float32", ["T", "C+T"]),
    past: [past("key"), past("value")],
  })
  assert.deepEqual(rows.shape, ["T", 4])
  assert.deepEqual(
    stored.map(({ shape }) => shape),
    [
      [2, "T", 2],
      [2, "T", 2],
    ],
  )
})
