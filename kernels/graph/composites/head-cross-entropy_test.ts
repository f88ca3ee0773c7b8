import assert from "node:assert/strict"
import { test } from "node:test"
import { assertClose, interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import {
  GraphBuilder,
  copyGraph,
  crossEntropyRows,
  gradients,
  linear,
  headCrossEntropyRows,
  meanOverRows,
  tensor,
} from "../mod.ts"
import type { Graph } from "../mod.ts"

const [ROWS, WIDTH, VOCABULARY] = [7, 3, 5]

const graphOf = (rowsAtOnce: number | undefined): Graph => {
  const l = new GraphBuilder("loss")
  const values = randomFloats(1)(VOCABULARY * WIDTH)
  const head = {
    kind: "dense",
    rows: VOCABULARY,
    columns: WIDTH,
    identity: "head",
    values: () => values,
  } as const
  const x = l.input("x", "float32", [ROWS, WIDTH])
  const targets = l.input("targets", "int64", [ROWS])
  l.output(
    "rows",
    rowsAtOnce === undefined
      ? crossEntropyRows(l, linear(l, x, head), targets)
      : headCrossEntropyRows(l, x, (part) => linear(l, part, head), targets, rowsAtOnce),
  )
  const graph = l.build()
  const g = new GraphBuilder("gradients")
  const weight = g.input("head", "float32", [VOCABULARY, WIDTH])
  const own = graph.initializers.find(({ weight: trained }) => trained === true)!
  const rows = copyGraph(g, graph, { values: new Map([[own.name, weight]]) }).get("rows")!
  const weights = g.input("weights", "float32", [ROWS])
  const found = gradients(g, meanOverRows(g, rows, weights), [g.value("x"), weight])
  g.output("rows", rows)
  g.output("d.x", found[0]!)
  g.output("d.head", found[1]!)
  return g.build()
}

const random = randomFloats(2)
const feeds = {
  x: tensor("float32", [ROWS, WIDTH], random(ROWS * WIDTH)),
  head: tensor("float32", [VOCABULARY, WIDTH], random(VOCABULARY * WIDTH)),
  targets: tensor("int64", [ROWS], BigInt64Array.of(0n, 4n, 1n, 2n, 2n, 3n, 0n)),
  weights: tensor("float32", [ROWS], Float32Array.of(1, 0, 2, 1, 1, 3, 1)),
}

for (const rowsAtOnce of [1, 3, 7, 100])
  test(`logits of ${rowsAtOnce} rows at once give the losses and gradients of all at once`, async () => {
    const [whole, parts] = [graphOf(undefined), graphOf(rowsAtOnce)]
    const expected = interpret(whole, feeds)
    const found = interpret(parts, feeds)
    for (const name of ["rows", "d.x"]) assert.deepEqual(found[name], expected[name])
    assertClose(found, expected, 1e-6)
    assertClose(await runOnnxruntime(parts, feeds), expected, 1e-5)
  })

test("no value has the logits of all rows", () => {
  const sizes = new Set([...graphOf(2).values.values()].map(({ shape }) => shape.join()))
  assert.ok(!sizes.has(`${ROWS},${VOCABULARY}`))
  assert.ok(sizes.has(`2,${VOCABULARY}`))
})

test("rows that do not part are refused", () => {
  const g = new GraphBuilder("bad")
  const head = {
    kind: "dense",
    rows: 2,
    columns: 2,
    identity: "head",
    values: () => new Float32Array(4),
  } as const
  const attempt = (length: string | number, rowsAtOnce: number) => () =>
    headCrossEntropyRows(
      g,
      g.input(`x${length}${rowsAtOnce}`, "float32", [length, 2]),
      (part) => linear(g, part, head),
      g.input(`t${length}${rowsAtOnce}`, "int64", [length]),
      rowsAtOnce,
    )
  assert.throws(attempt("T", 2), { code: "graph.shape-mismatch" })
  assert.throws(attempt(4, 0), { code: "graph.shape-mismatch" })
})
