import assert from "node:assert/strict"
import { test } from "node:test"
import { interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import { GraphBuilder, copyGraph, crossEntropy, gradients, ops, rmsNorm, softplus, tensor } from "../mod.ts"
import type { Graph, Value } from "../mod.ts"

const WIDTH = 4
const ROWS = 3

/** Blocks one after another, with the same first matrix in each: residual, norm, a mask they share, a custom gradient. */
const lossOf = (blocks: number, again: boolean): Graph => {
  const g = new GraphBuilder("blocks")
  const shared = g.input("shared", "float32", [WIDTH, WIDTH])
  const ones = { length: WIDTH, identity: "ones", values: () => new Float32Array(WIDTH).fill(1) }
  let x: Value = g.input("x", "float32", [ROWS, WIDTH])
  for (let block = 0; block < blocks; block++) {
    const own = g.input(`own${block}`, "float32", [WIDTH, WIDTH])
    const make = (): Value => {
      const mask = g.memo("mask", () => ops.neg(g, g.input("mask", "float32", [ROWS, WIDTH])))
      const normed = rmsNorm(g, x, { weight: ones, epsilon: 1e-5 })
      const inner = softplus(g, ops.add(g, ops.gemm(g, normed, shared), mask))
      return ops.add(g, x, ops.gemm(g, ops.softmax(g, ops.tanh(g, inner)), own))
    }
    x = again ? g.recomputed(make) : make()
  }
  g.output("loss", crossEntropy(g, x, g.input("targets", "int64", [ROWS])))
  return g.build()
}

const differentiated = (graph: Graph, wrt: readonly string[]): Graph => {
  const g = new GraphBuilder("gradients")
  const loss = copyGraph(g, graph).get("loss")!
  const found = gradients(
    g,
    loss,
    wrt.map((name) => g.value(name)),
  )
  g.output("loss", loss)
  wrt.forEach((name, i) => g.output(`d.${name}`, found[i]!))
  return g.build()
}

const feedsOf = (graph: Graph): Tensors => {
  const random = randomFloats(3)
  return Object.fromEntries(
    graph.inputs.map(({ name, type, shape }) => {
      const dims = shape as readonly number[]
      const data = random(dims.reduce((product, size) => product * size, 1))
      return [
        name,
        type === "int64"
          ? tensor(
              "int64",
              dims,
              BigInt64Array.from(data, (x) => BigInt(Math.floor(2 * x + 2))),
            )
          : tensor("float32", dims, data),
      ]
    }),
  )
}

const bytesOf = (results: Tensors): Record<string, readonly number[]> =>
  Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  )

for (const wrt of [["shared", "own0", "own1", "own2", "x"], ["own1"], ["x"]])
  test(`gradients of ${wrt.join(", ")} through segments are, byte for byte, those without, on onnxruntime too`, async () => {
    const plain = differentiated(lossOf(3, false), wrt)
    const again = differentiated(lossOf(3, true), wrt)
    const feeds = feedsOf(plain)
    assert.deepEqual(bytesOf(interpret(again, feeds)), bytesOf(interpret(plain, feeds)))
    assert.deepEqual(bytesOf(await runOnnxruntime(again, feeds)), bytesOf(await runOnnxruntime(plain, feeds)))
  })

/** The most elements that are alive at once where nodes run in their order. */
const mostAlive = (graph: Graph): number => {
  const last = new Map<string, number>()
  graph.nodes.forEach((node, i) => node.inputs.forEach((name) => last.set(name, i)))
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const size = (name: string): number =>
    (graph.values.get(name)!.shape as readonly number[]).reduce((product, length) => product * length, 1)
  const dying = new Map<number, string[]>()
  let [alive, most] = [0, 0]
  graph.nodes.forEach((node, i) => {
    for (const name of node.outputs) {
      alive += size(name)
      const end = outputs.has(name) ? Infinity : (last.get(name) ?? i)
      dying.set(end, [...(dying.get(end) ?? []), name])
    }
    most = Math.max(most, alive)
    for (const name of dying.get(i) ?? []) alive -= size(name)
  })
  return most
}

test("what is kept for the way back grows with segments, not with what is in them", () => {
  const slope = (again: boolean): number => {
    const [few, many] = [2, 10].map((blocks) => mostAlive(differentiated(lossOf(blocks, again), ["x"])))
    return (many! - few!) / 8 / (ROWS * WIDTH)
  }
  assert.equal(slope(true), 1)
  assert.ok(slope(false) >= 5, `${slope(false)}`)
})

test("nodes that nothing depends on are left out of a graph", () => {
  const g = new GraphBuilder("dead")
  const x = g.input("x", "float32", [2])
  ops.exp(g, x)
  g.output("y", ops.neg(g, x))
  assert.deepEqual(
    g.build().nodes.map(({ op }) => op),
    ["Neg"],
  )
})
