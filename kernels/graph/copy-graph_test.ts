import assert from "node:assert/strict"
import { test } from "node:test"
import { GraphError } from "@parade/core"
import { interpret } from "./_compare.ts"
import { GraphBuilder, copyGraph, gradients, linear, ops, stopGradient, tensor } from "./mod.ts"
import type { Graph } from "./mod.ts"

const matrix = {
  kind: "dense",
  rows: 2,
  columns: 2,
  identity: "w",
  values: () => Float32Array.of(1, 2, 3, 4),
} as const

const layer = (): Graph => {
  const g = new GraphBuilder("layer")
  const x = g.input("x", "float32", ["T", 2])
  g.output("y", ops.tanh(g, linear(g, x, matrix)))
  g.output("stopped", stopGradient(g, x))
  return g.build()
}

const x = tensor("float32", [1, 2], Float32Array.of(0.1, -0.2))

test("a copy computes what the graph computes, under other names, twice in one builder", () => {
  const g = new GraphBuilder("copies")
  const first = copyGraph(g, layer())
  const second = copyGraph(g, layer(), { values: new Map([["x", first.get("y")!]]) })
  g.output("once", first.get("y")!)
  g.output("twice", second.get("y")!)
  const { once, twice } = interpret(g.build(), { x })
  const apply = ([a, b]: Iterable<number>): number[] => [Math.tanh(a! + 2 * b!), Math.tanh(3 * a! + 4 * b!)]
  const expected = apply(once!.data as Float32Array)
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(Number(twice!.data[i]) - value) < 1e-6)
  assert.equal(g.build().initializers.length, 1)
})

test("weights become inputs, dimensions numbers, and gradients keep what was said of them", () => {
  const g = new GraphBuilder("training")
  const graph = layer()
  const weight = graph.initializers.find((initializer) => initializer.weight === true)!
  const w = g.input("w", "float32", weight.shape)
  const outputs = copyGraph(g, graph, {
    values: new Map([[weight.name, w]]),
    dimensions: new Map([["T", 1]]),
  })
  assert.deepEqual(outputs.get("y")!.shape, [1, 2])
  const loss = ops.reshape(g, ops.reduceSum(g, ops.add(g, outputs.get("y")!, outputs.get("stopped")!)), [])
  const [dw, dx] = gradients(g, loss, [w, g.value("x")])
  g.output("dw", dw!)
  g.output("dx", dx!)
  const results = interpret(g.build(), { x, w: tensor("float32", [2, 2], Float32Array.of(0, 0, 0, 0)) })
  assert.deepEqual([...results["dw"]!.data], [...x.data, ...x.data])
  assert.deepEqual([...results["dx"]!.data], [0, 0])
})

test("a replacement of another shape is refused", () => {
  const g = new GraphBuilder("wrong")
  const wrong = g.input("wrong", "float32", ["T", 3])
  assert.throws(
    () => copyGraph(g, layer(), { values: new Map([["x", wrong]]) }),
    (error) => error instanceof GraphError && /"x" is float32 \[T, 2\]/.test(error.message),
  )
})
