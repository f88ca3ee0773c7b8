import assert from "node:assert/strict"
import { test } from "node:test"
import { interpret, randomFloats } from "../_compare.ts"
import { GraphBuilder, isLowRank, linear, lowRankNames, lowRankRule, mergeLowRank, tensor } from "../mod.ts"
import type { Graph, Matrix } from "../mod.ts"

const [ROWS, COLUMNS] = [5, 4]
const options = { rank: 2, alpha: 3, matches: (identity: string): boolean => identity === "adapted" }

const matrix = (identity: string, seed: number): Matrix & { readonly kind: "dense" } => ({
  kind: "dense",
  rows: ROWS,
  columns: COLUMNS,
  identity,
  values: () => randomFloats(seed)(ROWS * COLUMNS),
})

const draw = (name: string): (() => number) => {
  const random = randomFloats(name.length)
  return () => random(1)[0]!
}

const build = (adapted: Matrix, rule = lowRankRule({ ...options, draw })): Graph => {
  const g = new GraphBuilder("adapted", { kind: "exact", linear: rule })
  const x = g.input("x", "float32", ["T", COLUMNS])
  g.output("adapted", linear(g, x, adapted))
  g.output("other", linear(g, x, matrix("other", 2)))
  return g.build()
}

const x = tensor("float32", [3, COLUMNS], randomFloats(9)(3 * COLUMNS))

/** The graph with other numbers in its constant of that identity. */
const withValues = (graph: Graph, values: Readonly<Record<string, Float32Array>>): Graph => ({
  ...graph,
  initializers: graph.initializers.map((initializer) => {
    const own = values[initializer.identity ?? ""]
    return own === undefined ? initializer : { ...initializer, bytes: () => new Uint8Array(own.buffer) }
  }),
})

test("a correction starts as none, beside the layers that match and no other", () => {
  const graph = build(matrix("adapted", 1))
  const plain = build(matrix("adapted", 1), (_, own, multiply) => multiply(own))
  assert.deepEqual(interpret(graph, { x }), interpret(plain, { x }))
  assert.deepEqual(
    graph.initializers.filter(({ weight }) => weight).map(({ identity, shape }) => [identity, shape.join()]),
    [
      ["adapted", "5,4"],
      ["adapted.lora_A", "2,4"],
      ["adapted.lora_B", "5,2"],
      ["other", "5,4"],
    ],
  )
  assert.ok(isLowRank(lowRankNames("adapted").a) && isLowRank(lowRankNames("adapted").b))
  assert.ok(!isLowRank("adapted"))
})

test("a merged matrix is the one with its correction beside it", () => {
  const names = lowRankNames("adapted")
  const [a, b] = [randomFloats(3)(2 * COLUMNS), randomFloats(4)(2 * ROWS)]
  const apart = withValues(build(matrix("adapted", 1)), { [names.a]: a, [names.b]: b })
  const sizes = { rows: ROWS, columns: COLUMNS, rank: 2, alpha: 3 }
  const merged = mergeLowRank(sizes, { matrix: matrix("adapted", 1).values(), a, b })
  const together = build({ ...matrix("adapted", 1), values: () => merged }, (_, own, multiply) =>
    multiply(own),
  )
  const [expected, found] = [apart, together].map(
    (graph) => interpret(graph, { x })["adapted"]!.data as Float32Array,
  )
  for (const [i, value] of expected!.entries()) assert.ok(Math.abs(value - found![i]!) < 1e-6)
})

test("a rank beyond the sides of a matrix is refused where the layer is built", () => {
  for (const rank of [0, 5, 1.5])
    assert.throws(() => build(matrix("adapted", 1), lowRankRule({ ...options, rank, draw })), {
      code: "graph.shape-mismatch",
    })
})
