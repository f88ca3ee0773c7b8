import assert from "node:assert/strict"
import {
  appendFileSync,
  mkdirSync,
  utimesSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import test from "node:test"
import { tensor } from "@parade/graph"
import type { Graph, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { productWithWeights, runScoped, temporaryFolder } from "./_testing.ts"
import { openDevice } from "./mod.ts"

const ones = tensor("float32", [1, 32], new Float32Array(32).fill(1))

/** The first number of `y` for a row of ones: the scale of the weights. */
const answer = (graph: Graph, cacheFolder: string, keep = true) =>
  Effect.scoped(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1, cacheFolder })
      const program = yield* device.compile(graph, { keep })
      const { y } = yield* program.run({ x: ones }, [{ name: "y" }])
      return (y as Tensor<"float32">).data[0]
    }),
  )

const filesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String).sort()

const keptFile = (folder: string, name: string): string =>
  join(
    folder,
    filesBelow(folder).find((path) => path.endsWith(name))!,
  )

test("a kept graph is started from its files, without making its constants again", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const first = productWithWeights()
      assert.equal(yield* answer(first.graph, folder), 1)
      assert.equal(first.made.count, 1)
      const second = productWithWeights()
      assert.equal(yield* answer(second.graph, folder), 1)
      assert.equal(second.made.count, 0)
    }),
  ))

test("graphs whose constants differ are kept apart", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      assert.equal(yield* answer(productWithWeights(1).graph, folder), 1)
      assert.equal(yield* answer(productWithWeights(2).graph, folder), 2)
      assert.equal(yield* answer(productWithWeights(1).graph, folder), 1)
    }),
  ))

test("a graph that is not to be kept leaves no file", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      assert.equal(yield* answer(productWithWeights().graph, folder, false), 1)
      assert.deepEqual(filesBelow(folder), [])
    }),
  ))

const damages: Record<string, (folder: string) => void> = {
  "a model file cut short": (folder) => truncateSync(keptFile(folder, "model.onnx"), 40),
  "a model file with another byte": (folder) => {
    const path = keptFile(folder, "model.onnx")
    const { size } = statSync(path)
    writeFileSync(path, new Uint8Array(size).fill(7))
  },
  "a missing model file": (folder) => rmSync(keptFile(folder, "model.onnx")),
  "weights cut short": (folder) => truncateSync(keptFile(folder, "weights.bin"), 100),
  "weights too long": (folder) => appendFileSync(keptFile(folder, "weights.bin"), "x"),
  "missing weights": (folder) => rmSync(keptFile(folder, "weights.bin")),
  "weights that are a link to elsewhere": (folder) => {
    const path = keptFile(folder, "weights.bin")
    const elsewhere = join(folder, "elsewhere.bin")
    writeFileSync(elsewhere, new Uint8Array(statSync(path).size))
    rmSync(path)
    symlinkSync(elsewhere, path)
  },
  "a file in place of the folder": (folder) => {
    const place = dirname(keptFile(folder, "model.onnx"))
    rmSync(place, { recursive: true })
    writeFileSync(place, "")
  },
}

for (const [name, damage] of Object.entries(damages))
  test(`${name} is noticed and written again`, () =>
    runScoped(
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        yield* answer(productWithWeights().graph, folder)
        damage(folder)
        const again = productWithWeights()
        assert.equal(yield* answer(again.graph, folder), 1)
        assert.equal(again.made.count, 1)
        assert.equal(yield* answer(again.graph, folder), 1)
        assert.equal(again.made.count, 1)
      }),
    ))

test("where the disk refuses, the graph runs from memory, with one warning and nothing half-written", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      // A file where the folder of graphs should be: no folder can be made below it, whoever asks.
      writeFileSync(join(folder, "graphs"), "")
      const warnings: unknown[] = []
      const collect = Logger.layer([Logger.make(({ message }) => void warnings.push(message))])
      assert.equal(yield* Effect.provide(answer(productWithWeights().graph, folder), collect), 1)
      assert.equal(warnings.length, 1)
      assert.match(String(warnings[0]), /held in memory instead/)
      assert.deepEqual(filesBelow(folder), ["graphs"])
    }),
  ))

test("several who keep the same graph at once all get it", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const runs = Array.from({ length: 4 }, () => answer(productWithWeights().graph, folder))
      assert.deepEqual(yield* Effect.all(runs, { concurrency: "unbounded" }), [1, 1, 1, 1])
      assert.equal(readdirSync(join(folder, "graphs")).length, 1)
    }),
  ))

test("graphs long out of use and leftovers of killed processes are removed, others stay", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* answer(productWithWeights(1).graph, folder)
      const graphs = join(folder, "graphs")
      const [used] = readdirSync(graphs)
      const age = (name: string, hours: number): void => {
        mkdirSync(join(graphs, name), { recursive: true })
        const then = new Date(Date.now() - hours * 3_600_000)
        utimesSync(join(graphs, name), then, then)
      }
      age(used!, 31 * 24)
      age("0a1b", 31 * 24)
      age("0a1c", 29 * 24)
      age(".0a1d-x", 2)
      age("0a1e.y", 0)
      yield* answer(productWithWeights(1).graph, folder)
      yield* answer(productWithWeights(2).graph, folder)
      const left = readdirSync(graphs)
      assert.equal(left.length, 4)
      for (const name of [used!, "0a1c", "0a1e.y"]) assert.ok(left.includes(name))
    }),
  ))

test("a graph that onnxruntime refuses is a typed failure", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { graph } = productWithWeights()
      const nodes = [{ ...graph.nodes[0]!, op: "NoSuchOperator" }]
      for (const keep of [false, true]) {
        const error = yield* Effect.flip(answer({ ...graph, nodes }, folder, keep))
        assert.equal(error.code, "device.session-failed")
        assert.match(error.message, /NoSuchOperator/)
      }
    }),
  ))
