import assert from "node:assert/strict"
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { productWithWeights, runScoped, temporaryFolder } from "./_testing.ts"
import { openDevice } from "./mod.ts"

const ones = tensor("float32", [1, 32], new Float32Array(32).fill(1))

const compiled = (cacheFolder: string, key: string, scale = 1) =>
  Effect.scoped(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1, cacheFolder })
      yield* device.compile(productWithWeights(scale).graph, { keep: true, key })
    }),
  )

/** The first number of `y` by what is found under a key. */
const found = (cacheFolder: string, key: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1, cacheFolder })
      const program = yield* device.reopen!(key)
      if (program === undefined) return undefined
      const { y } = yield* program.run({ x: ones }, [{ name: "y" }])
      return [(y as Tensor<"float32">).data[0], program.weightBytes]
    }),
  )

test("A graph that was compiled under a key runs again without being built.", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* compiled(folder, "one")
      yield* compiled(folder, "two", 2)
      assert.deepEqual(yield* found(folder, "one"), [1, 4096])
      assert.deepEqual(yield* found(folder, "two"), [2, 4096])
      assert.equal(yield* found(folder, "three"), undefined)
    }),
  ))

test("What is gone, cut off, no record or no graph is not found; compiled again, it is.", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const graph = () => join(folder, "graphs", readdirSync(join(folder, "graphs"))[0]!)
      const record = () => join(folder, "graph-keys", readdirSync(join(folder, "graph-keys"))[0]!)
      const damages = [
        () => truncateSync(join(graph(), "weights.bin"), 100),
        () => truncateSync(join(graph(), "model.onnx"), 10),
        () => rmSync(graph(), { recursive: true }),
        () => writeFileSync(record(), "no JSON"),
        () => writeFileSync(record(), JSON.stringify({ name: "x", folder: "../../x", modelBytes: 1 })),
      ]
      for (const damage of damages) {
        yield* compiled(folder, "one")
        assert.deepEqual(yield* found(folder, "one"), [1, 4096])
        damage()
        assert.equal(yield* found(folder, "one"), undefined)
      }
      // As long as it was, and yet no model.
      yield* compiled(folder, "one")
      const model = join(graph(), "model.onnx")
      const { size } = statSync(model)
      writeFileSync(model, Buffer.alloc(size, 7))
      assert.equal(yield* found(folder, "one"), undefined)
    }),
  ))
