import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { GraphBuilder, ops, referenceDevice, tensor } from "./mod.ts"
import type { Feeds, Graph } from "./mod.ts"

const sum = (): Graph => {
  const g = new GraphBuilder("sum")
  const x = g.input("x", "float32", ["T", 2])
  const y = g.input("y", "float32", ["T", 2])
  g.output("z", ops.add(g, x, y))
  g.output("first", ops.gather(g, x, g.input("rows", "int64", ["R"])))
  return g.build()
}

const rows = tensor("int64", [1], BigInt64Array.of(0n))
const two = tensor("float32", [1, 2], Float32Array.of(1, 2))
const wrongFeeds: Record<string, [string, Feeds]> = {
  "an input left out": ["device.bad-feed", { x: two, rows }],
  "an input of another type": [
    "device.bad-feed",
    { x: tensor("int32", [1, 2], Int32Array.of(1, 2)), y: two, rows },
  ],
  "an input of another rank": ["device.bad-feed", { x: { ...two, dims: [2] }, y: two, rows }],
  "fewer elements than the dims say": ["device.bad-feed", { x: { ...two, dims: [2, 2] }, y: two, rows }],
  "a name that stands for two numbers": [
    "device.bad-feed",
    { x: two, y: tensor("float32", [2, 2], new Float32Array(4)), rows },
  ],
  "an index beyond the end": [
    "device.index-out-of-range",
    { x: two, y: two, rows: tensor("int64", [1], BigInt64Array.of(1n)) },
  ],
}

for (const [what, [code, feeds]] of Object.entries(wrongFeeds))
  test(`${what} is refused`, () => {
    const graph = sum()
    const error = Effect.runSync(
      Effect.scoped(
        Effect.flatMap(referenceDevice.compile(graph), (program) =>
          Effect.flip(program.run(feeds, graph.outputs)),
        ),
      ),
    )
    assert.equal(error.code, code)
  })

test("an operator without a kernel is refused when the graph is compiled", () => {
  const g = new GraphBuilder("unknown")
  const x = g.input("x", "float32", [1])
  g.output("y", g.node("Mystery", [x], [x])[0]!)
  const error = Effect.runSync(Effect.scoped(Effect.flip(referenceDevice.compile(g.build()))))
  assert.equal(error.code, "graph.unsupported")
})

test("only the outputs asked for are computed, and results outlive the next run", () => {
  const graph = sum()
  Effect.runSync(
    Effect.scoped(
      Effect.gen(function* () {
        const program = yield* referenceDevice.compile(graph)
        const feeds = { x: two, y: two, rows }
        const first = yield* program.run(feeds, [{ name: "z" }])
        assert.deepEqual(Object.keys(first), ["z"])
        yield* program.run({ ...feeds, y: tensor("float32", [1, 2], Float32Array.of(5, 5)) }, [{ name: "z" }])
        assert.deepEqual(first["z"], tensor("float32", [1, 2], Float32Array.of(2, 4)))
      }),
    ),
  )
})
