import assert from "node:assert/strict"
import { test } from "node:test"
import { interpret, runOnnxruntime } from "./_compare.ts"
import { copyGraph, GraphBuilder, ops, tensor } from "./mod.ts"
import type { Graph, Value } from "./mod.ts"

test("shapes flow through names and their arithmetic", () => {
  const g = new GraphBuilder("shapes")
  const x = g.input("x", "float32", ["T", 12])
  const past = g.input("past", "float32", [3, "C", 4])
  const rows = ops.transpose(g, ops.reshape(g, x, ["T", 3, 4]), [1, 0, 2])
  const all = ops.concat(g, [past, rows], 1)
  assert.deepEqual(all.shape, [3, "C+T", 4])
  const scores = ops.matMul(g, rows, ops.transpose(g, all, [0, 2, 1]))
  assert.deepEqual(scores.shape, [3, "T", "C+T"])
  const [old, fresh] = ops.split(g, scores, ["C", "T"], 2)
  assert.deepEqual(
    [old!.shape, fresh!.shape],
    [
      [3, "T", "C"],
      [3, "T", "T"],
    ],
  )
  assert.deepEqual(ops.tile(g, x, [3, 1]).shape, ["3*T", 12])
  assert.deepEqual(ops.reduceMean(g, x).shape, ["T", 1])
  assert.deepEqual(ops.gather(g, x, g.input("rows", "int64", ["R"])).shape, ["R", 12])
})

const refusals: Record<string, [string, (g: GraphBuilder, x: Value, ids: Value) => unknown]> = {
  "a product of unequal inner dimensions": ["graph.shape-mismatch", (g, x) => ops.matMul(g, x, x)],
  "a sum of floats and integers": ["graph.type-mismatch", (g, x, ids) => ops.add(g, x, ids)],
  "an index of floats": ["graph.type-mismatch", (g, x) => ops.gather(g, x, x)],
  "a reshape that changes the number of elements": [
    "graph.shape-mismatch",
    (g, x) => ops.reshape(g, x, ["T", 5]),
  ],
  "a kernel that does not fit": [
    "graph.shape-mismatch",
    (g) => ops.conv(g, g.input("image", "float32", ["B", 2, 3]), g.input("kernel", "float32", [1, 2, 4])),
  ],
  "a kernel of other channels": [
    "graph.shape-mismatch",
    (g) =>
      ops.conv(
        g,
        g.input("image", "float32", ["B", 4, 3]),
        g.input("kernel", "float32", [2, 4, 1]),
        undefined,
        {
          groups: 2,
        },
      ),
  ],
  "a convolution over a length that is a name": [
    "graph.shape-mismatch",
    (g) => ops.conv(g, g.input("image", "float32", [1, 2, "L"]), g.input("kernel", "float32", [1, 2, 1])),
  ],
  "a name matched with a number": [
    "graph.shape-mismatch",
    (g, x) => ops.add(g, x, g.input("y", "float32", [7, 4])),
  ],
  "a name that no input has": [
    "graph.unbound-dimension",
    (g) => ops.expand(g, g.constant("float32", [], [1]), ["N"]),
  ],
  "pieces that do not add up": ["graph.shape-mismatch", (g, x) => ops.split(g, x, [1, 2], 1)],
  "an axis that is not there": ["graph.shape-mismatch", (g, x) => ops.concat(g, [x, x], 2)],
  "no order of axes": ["graph.shape-mismatch", (g, x) => ops.transpose(g, x, [0, 0])],
  "a slice beyond the end": ["graph.shape-mismatch", (g, x) => ops.slice(g, x, 1, 2, 5)],
  "a value of another graph": [
    "graph.foreign-value",
    (g) => ops.neg(g, new GraphBuilder("other").input("x", "float32", ["T", 4])),
  ],
  "a second input of the same name": ["graph.name-taken", (g) => g.input("x", "float32", [1])],
  "an output named like an input": ["graph.name-taken", (g, x) => g.output("x", x)],
  "a constant without enough numbers": [
    "graph.shape-mismatch",
    (g) => g.constant("float32", [2, 2], [1, 2, 3]),
  ],
}

for (const [what, [code, attempt]] of Object.entries(refusals))
  test(`${what} is refused where it is written`, () => {
    const g = new GraphBuilder("refusals")
    const x = g.input("x", "float32", ["T", 4])
    const ids = g.input("ids", "int64", ["T", 4])
    assert.throws(() => attempt(g, x, ids), { code, _tag: "GraphError" })
  })

test("a refusal names the operator, its inputs with their shapes, and the place", () => {
  const g = new GraphBuilder("model")
  const x = g.input("x", "float32", ["T", 4])
  assert.throws(
    () => g.within("layer.3", () => ops.matMul(g, x, x)),
    (error: Error & { path?: string }) =>
      /MatMul/.test(error.message) &&
      error.message.includes("x: float32 [T, 4]") &&
      error.path?.startsWith("model/layer.3/MatMul") === true,
  )
})

test("equal constants and equal identities are kept once", () => {
  const g = new GraphBuilder("shared")
  assert.equal(g.constant("int64", [2], [1, 2]), g.constant("int64", [2], [1, 2]))
  const weights = (): Value =>
    g.initializer({ type: "uint8", shape: [4], identity: "file:0", bytes: () => new Uint8Array(4) })
  assert.equal(weights(), weights())
  assert.equal(g.build().initializers.length, 2)
})

test("an output names the value it stands for; inputs and second names are copied", () => {
  const g = new GraphBuilder("outputs")
  const x = g.input("x", "float32", ["T"])
  const y = ops.neg(g, x)
  g.output("first", y)
  g.output("second", y)
  g.output("same", x)
  const graph = g.build()
  assert.deepEqual(
    graph.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs]),
    [
      ["Neg", ["x"], ["first"]],
      ["Identity", ["first"], ["second"]],
      ["Identity", ["x"], ["same"]],
    ],
  )
  assert.deepEqual(
    graph.outputs.map((output) => output.name),
    ["first", "second", "same"],
  )
})

/** `x` plus one where it has more than two rows, else its double; `shared` is made once, for both sides. */
const chosen = (): Graph => {
  const g = new GraphBuilder("either", { kind: "fused" })
  const x = g.input("x", "float32", ["T", 2])
  const isLong = ops.greater(g, ops.sizes(g, ["T"]), g.constant("int64", [1], [2]))
  const shared = (): Value => g.memo("shared", () => ops.neg(g, x))
  const y = g.either(
    isLong,
    () =>
      ops.add(g, ops.sub(g, ops.neg(g, shared()), shared()), ops.add(g, x, g.constant("float32", [], [1]))),
    () => ops.sub(g, x, shared()),
  )
  g.output("y", ops.mul(g, y, x))
  g.output("shared", shared())
  return g.build()
}

test("a graph computes the side that its condition chooses, alike on the interpreter and onnxruntime", async () => {
  const graph = chosen()
  assert.deepEqual(graph.nodes.map(({ op }) => op).toSorted(), [
    "Greater",
    "If",
    "Mul",
    "Mul",
    "Neg",
    "Shape",
  ])
  for (const rows of [1, 2, 3, 5]) {
    const data = Float32Array.from({ length: 2 * rows }, (_, i) => i - 2)
    const feeds = { x: tensor("float32", [rows, 2], data) }
    const expected = data.map((x) => (rows > 2 ? 3 * x + 1 : 2 * x) * x)
    assert.deepEqual(interpret(graph, feeds)["y"]!.data, expected)
    const ran = await runOnnxruntime(graph, feeds)
    assert.deepEqual(ran["y"]!.data, expected)
    assert.deepEqual(
      ran["shared"]!.data,
      data.map((x) => -x),
    )
  }
})

test("what one side makes no other side sees, nor what follows", () => {
  const g = new GraphBuilder("either")
  const x = g.input("x", "float32", ["T"])
  const holds = ops.greater(g, ops.sizes(g, ["T"]), g.constant("int64", [1], [2]))
  let inner: Value | undefined
  const make = (): Value => (inner = ops.neg(g, x))
  const refused = { code: "graph.foreign-value", message: /another branch/ }
  assert.throws(() => g.either(holds, make, () => ops.abs(g, inner!)), refused)
  assert.throws(() => ops.abs(g, inner!), refused)
  assert.throws(() => g.output("y", inner!), refused)
  const fromWithin = (): Value => {
    const own = ops.neg(g, x)
    return g.memo("a part for all", () => ops.abs(g, own))
  }
  assert.throws(() => g.either(holds, fromWithin, () => x), refused)
})

test("the sides of a condition give values alike, and the condition is one truth", () => {
  const g = new GraphBuilder("either")
  const x = g.input("x", "float32", ["T"])
  const holds = ops.greater(g, ops.sizes(g, ["T"]), g.constant("int64", [1], [2]))
  assert.throws(
    () =>
      g.either(
        holds,
        () => x,
        () => ops.reduceSum(g, x),
      ),
    { code: "graph.shape-mismatch", message: /one side gives .*\[T\], the other .*\[1\]/ },
  )
  assert.throws(
    () =>
      g.either(
        x,
        () => x,
        () => x,
      ),
    { code: "graph.shape-mismatch", message: /bool \[1\]/ },
  )
})

test("a graph with branches is not copied into another", () => {
  assert.throws(() => copyGraph(new GraphBuilder("copy"), chosen()), {
    message: /branches, which are not copied/,
  })
})
