import assert from "node:assert/strict"
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fromBinary, toJson } from "@bufbuild/protobuf"
import { WeightsError } from "@parade/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as ort from "onnxruntime-node"
import { modelSchema } from "./_onnx-schema.ts"
import { GraphBuilder, ops, toOnnx, writeOnnxFolder } from "./mod.ts"
import type { Graph } from "./mod.ts"

const readModel = (model: Uint8Array): unknown => {
  const schema = modelSchema()
  return toJson(schema, fromBinary(schema, model), { useProtoFieldName: true })
}

/** `y = x · wᵀ + 1`, `w` `[40, 16]` large enough to be kept outside. */
const linear = (
  bytes = (): Uint8Array => new Uint8Array(Float32Array.from({ length: 640 }, (_, i) => i % 7).buffer),
): Graph => {
  const g = new GraphBuilder("linear")
  const x = g.input("x", "float32", ["T", 16])
  const w = g.initializer({ name: "w", type: "float32", shape: [40, 16], bytes })
  g.output("y", ops.add(g, ops.gemm(g, x, w), g.constant("float32", [], [1])))
  return g.build()
}

const run = async (session: ort.InferenceSession): Promise<ort.Tensor> => {
  const x = Float32Array.from({ length: 32 }, (_, i) => i)
  return (await session.run({ x: new ort.Tensor("float32", x, [2, 16]) }))["y"]!
}

const expected = (row: number, column: number): number => {
  let sum = 1
  for (let k = 0; k < 16; k++) sum += (row * 16 + k) * ((column * 16 + k) % 7)
  return sum
}

const assertResult = (y: ort.Tensor): void => {
  assert.deepEqual(y.dims, [2, 40])
  for (let i = 0; i < 80; i++) assert.equal(y.data[i], expected(Math.floor(i / 40), i % 40))
}

test("a written model reads back as the same nodes, constants, types and shapes", () => {
  const { model } = toOnnx(linear())
  const json = readModel(model) as {
    ir_version: string
    opset_import: unknown
    graph: Record<string, Record<string, unknown>[]>
  }
  assert.deepEqual(json.opset_import, [
    { domain: "", version: "21" },
    { domain: "com.microsoft", version: "1" },
  ])
  const { node, initializer, input, output, value_info } = json.graph
  assert.deepEqual(
    node!.map(({ op_type, input, output, attribute }) => ({ op_type, input, output, attribute })),
    [
      {
        op_type: "Gemm",
        input: ["x", "w"],
        output: ["Gemm_0"],
        attribute: [{ name: "transB", i: "1", type: 2 }],
      },
      { op_type: "Add", input: ["Gemm_0", "constant_1"], output: ["y"], attribute: undefined },
    ],
  )
  assert.deepEqual(input, [
    {
      name: "x",
      type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "T" }, { dim_value: "16" }] } } },
    },
  ])
  assert.equal(output![0]!["name"], "y")
  assert.deepEqual(value_info, [
    {
      name: "Gemm_0",
      type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "T" }, { dim_value: "40" }] } } },
    },
  ])
  assert.deepEqual(
    initializer!.map(({ name, dims, data_type }) => [name, dims, data_type]),
    [
      ["w", ["40", "16"], 1],
      ["constant_1", undefined, 1],
    ],
  )
  assert.equal(Buffer.from(String(initializer![0]!["raw_data"]), "base64").length, 2560)
})

test("attributes of every kind read back as they were", () => {
  const g = new GraphBuilder("attributes")
  const x = g.input("x", "float32", ["T"])
  const attributes = {
    integer: -3,
    text: "none",
    integers: [1, -2],
    none: [],
    texts: ["a", "b"],
    one: { float: 0.5 },
    many: { float: [1.5, -2.5] },
  }
  g.output("y", g.node("Custom", [x, undefined, x], [x], attributes, "com.microsoft")[0]!)
  const { model } = toOnnx(g.build())
  const { graph } = readModel(model) as {
    graph: { node: Record<string, unknown>[] }
  }
  const base64 = (text: string): string => Buffer.from(text).toString("base64")
  assert.deepEqual(graph.node[0]!["input"], ["x", "", "x"])
  assert.equal(graph.node[0]!["domain"], "com.microsoft")
  assert.deepEqual(graph.node[0]!["attribute"], [
    { name: "integer", i: "-3", type: 2 },
    { name: "text", s: base64("none"), type: 3 },
    { name: "integers", ints: ["1", "-2"], type: 7 },
    { name: "none", type: 7 },
    { name: "texts", strings: [base64("a"), base64("b")], type: 8 },
    { name: "one", f: 0.5, type: 1 },
    { name: "many", floats: [1.5, -2.5], type: 6 },
  ])
})

test("onnxruntime runs a model held in memory", async () => {
  assertResult(await run(await ort.InferenceSession.create(toOnnx(linear()).model)))
})

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "parade-graph-"))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test("onnxruntime runs a model folder, whose weights lie beside the model", () =>
  inFolder(async (folder) => {
    await Effect.runPromise(writeOnnxFolder(linear(), join(folder, "deep", "model")))
    assert.equal((await stat(join(folder, "deep", "model", "weights.bin"))).size, 2560)
    assertResult(await run(await ort.InferenceSession.create(join(folder, "deep", "model", "model.onnx"))))
  }))

test("constants that fail to load leave nothing behind", () =>
  inFolder(async (folder) => {
    const graph = linear(() => new Uint8Array(3))
    const error = await Effect.runPromise(Effect.flip(writeOnnxFolder(graph, join(folder, "model"))))
    assert.equal(error.code, "graph.bad-constant")
    assert.deepEqual(await readdir(folder), [])
  }))

test("weights that are damaged die with their own error, not with one of the disk", () =>
  inFolder(async (folder) => {
    const damaged = new WeightsError({ code: "weights.not-finite", message: "A weight is not a number." })
    const graph = linear(() => {
      throw damaged
    })
    const exit = await Effect.runPromiseExit(writeOnnxFolder(graph, join(folder, "model")))
    assert.ok(exit._tag === "Failure")
    assert.equal(Cause.squash(exit.cause), damaged)
    assert.deepEqual(await readdir(folder), [])
  }))

test("a folder that is there already is left as it is", () =>
  inFolder(async (folder) => {
    await Effect.runPromise(writeOnnxFolder(linear(), join(folder, "model")))
    await writeFile(join(folder, "model", "kept"), "")
    await Effect.runPromise(writeOnnxFolder(linear(), join(folder, "model")))
    assert.deepEqual((await readdir(folder)).length, 1)
    assert.equal((await readFile(join(folder, "model", "kept"))).length, 0)
  }))

test("a place that cannot be written to is the environment's fault", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "file"), "")
    const error = await Effect.runPromise(
      Effect.flip(writeOnnxFolder(linear(), join(folder, "file", "model"))),
    )
    assert.deepEqual([error.code, error.fault], ["graph.write-failed", "environment"])
  }))
