import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import test from "node:test"
import type { RowLayout } from "@parade/core"
import { makeHostRows, tensor } from "@parade/graph"
import type { DeviceRows, DeviceTensor, Feed, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import fc from "fast-check"
import { noRealAdapter } from "./_gpu-adapter.ts"
import { productWithWeights, runScoped, temporaryFolder } from "./_testing.ts"
import { openDevice } from "./mod.ts"
import type { OnnxDevice } from "./options.ts"

const software = "/usr/lib/chromium/vk_swiftshader_icd.json"

// Vulkan reads it when the first device is opened, so it is early enough here.
if (noRealAdapter() !== undefined && existsSync(software)) process.env["VK_ICD_FILENAMES"] ??= software

/** One device for the file: opening it compiles shaders. `undefined` where there is none, with the reason. */
const withDevice = async (
  t: { readonly skip: (reason: string) => void },
  use: (device: OnnxDevice) => Effect.Effect<unknown, unknown, Scope>,
): Promise<void> => {
  await runScoped(
    Effect.gen(function* () {
      const device = yield* Effect.catchTag(openDevice("webgpu"), "DeviceError", (error) =>
        Effect.sync(() => t.skip(error.describe())),
      )
      if (device !== undefined) yield* use(device)
    }),
  )
}

const read = (feed: Feed | undefined) =>
  Effect.map(
    Effect.promise(() => (feed as DeviceTensor).read()),
    ({ data }) => [...(data as Float32Array)],
  )

test("an output stays on the device, is fed from there, and is read", (t) =>
  withDevice(t, (device) =>
    Effect.gen(function* () {
      const program = yield* device.compile(productWithWeights(2).graph)
      const x = tensor(
        "float32",
        [2, 32],
        Float32Array.from({ length: 64 }, (_, i) => i),
      )
      const first = yield* program.run({ x }, [{ name: "y", location: "device" }])
      assert.deepEqual(first["y"]?.dims, [2, 32])
      const second = yield* program.run({ x: first["y"]! }, [{ name: "y" }])
      assert.deepEqual(
        [...(second["y"] as Tensor<"float32">).data],
        Array.from(x.data, (value) => value * 4),
      )
      assert.deepEqual(
        yield* read(first["y"]),
        Array.from(x.data, (value) => value * 2),
      )
    }),
  ))

test("a tensor freed on the device cannot be fed or read", (t) =>
  withDevice(t, (device) =>
    Effect.gen(function* () {
      const program = yield* device.compile(productWithWeights().graph)
      const x = tensor("float32", [1, 32], new Float32Array(32))
      const { y } = yield* program.run({ x }, [{ name: "y", location: "device" }])
      ;(y as DeviceTensor).dispose()
      ;(y as DeviceTensor).dispose()
      const error = yield* Effect.flip(program.run({ x: y! }, [{ name: "y" }]))
      assert.equal(error.code, "device.disposed")
      yield* Effect.promise(() => assert.rejects((y as DeviceTensor).read()))
    }),
  ))

test("kept graphs start on webgpu too", (t) =>
  withDevice(t, () =>
    Effect.gen(function* () {
      const cacheFolder = yield* temporaryFolder
      const device = yield* openDevice("webgpu", { cacheFolder })
      for (const expected of [1, 0]) {
        const { graph, made } = productWithWeights(3)
        const program = yield* device.compile(graph, { keep: true })
        const x = tensor("float32", [1, 32], new Float32Array(32).fill(1))
        const { y } = yield* program.run({ x }, [{ name: "y" }])
        assert.equal((y as Tensor<"float32">).data[31], 3)
        assert.equal(made.count, expected)
      }
    }),
  ))

const layout: RowLayout = {
  key: "test",
  parts: [
    { name: "key.0", family: "key", layer: 0, blocks: 2, width: 4 },
    { name: "key.1", family: "key", layer: 1, blocks: 1, width: 4 },
    { name: "value.0", family: "value", layer: 0, blocks: 2, width: 3 },
    { name: "value.1", family: "value", layer: 1, blocks: 1, width: 3 },
  ],
}

const floats = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(seed + i)))

const newRows = (count: number, seed: number): Record<string, Feed> => ({
  "new.key": tensor("float32", [3, count, 4], floats(12 * count, seed)),
  "new.value": tensor("float32", [3, count, 3], floats(9 * count, seed + 0.5)),
})

type Operation =
  | { readonly kind: "write"; readonly count: number; readonly from: readonly number[]; readonly at: number }
  | { readonly kind: "keep"; readonly from: readonly number[] }
  | { readonly kind: "load"; readonly count: number; readonly at: number }
  | { readonly kind: "reserve"; readonly rows: number }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    count: fc.constant(4),
    from: fc.subarray([0, 1, 2, 3]),
    at: fc.nat(12),
  }),
  fc.record({ kind: fc.constant("keep" as const), from: fc.subarray([0, 1, 2, 3, 5, 8, 9, 13]) }),
  fc.record({ kind: fc.constant("load" as const), count: fc.nat(3), at: fc.nat(12) }),
  fc.record({ kind: fc.constant("reserve" as const), rows: fc.nat(24) }),
)

const apply = (rows: DeviceRows, one: Operation, seed: number) => {
  if (one.kind === "reserve") return rows.reserve(one.rows)
  if (one.kind === "keep") return rows.keep(one.from)
  if (one.kind === "write") {
    const content = rows.pending(newRows(one.count, seed))
    return rows.write(
      { inputs: { tokens: new Int32Array(4), positions: new Int32Array(4) }, content },
      one.from,
      one.at,
    )
  }
  const parts = Object.fromEntries(
    layout.parts.map(({ name, blocks, width }) => [name, floats(blocks * width * one.count, seed)]),
  )
  return rows.load(parts, one.count, one.at)
}

test("rows on the device hold what rows in ordinary memory hold after any operations", (t) =>
  withDevice(t, (device) =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 8 }), (operations) =>
          runScoped(
            Effect.gen(function* () {
              const host = yield* makeHostRows(layout, 8)
              const gpu = yield* device.makeRows(layout, 8)
              const both = [host, gpu] as const
              for (const rows of both) yield* rows.reserve(16)
              for (const [seed, one] of operations.entries())
                for (const rows of both) yield* apply(rows, one, seed)
              assert.equal(gpu.capacity, host.capacity)
              const places = Array.from({ length: host.capacity }, (_, i) => i)
              const expected = yield* host.read(places)
              assert.deepEqual(yield* gpu.read(places), expected)
              const copy = yield* gpu.clone(9)
              yield* gpu.load(Object.fromEntries(layout.parts.map(({ name, blocks, width }) => [name, new Float32Array(blocks * width)])), 1, 0) // prettier-ignore
              assert.deepEqual(yield* copy.read([0, 8]), yield* host.read([0, 8]))
            }),
          ),
        ),
        { numRuns: 12 },
      ),
    ),
  ))

test("rows refuse places that are not there and rows of another store", (t) =>
  withDevice(t, (device) =>
    Effect.gen(function* () {
      const rows = yield* device.makeRows(layout, 4)
      assert.deepEqual(rows.feeds()["past.key.0"]?.dims, [2, 4, 4])
      yield* rows.reserve(4)
      const inputs = { tokens: new Int32Array(1), positions: new Int32Array(1) }
      const codes = [
        rows.keep([4]),
        rows.keep([1, 1]),
        rows.read([-1]),
        rows.reserve(Number.POSITIVE_INFINITY),
        rows.write({ inputs, content: rows.pending(newRows(1, 0)) }, [0], 4),
        rows.write({ inputs, content: rows.pending(newRows(1, 0)) }, [1], 0),
        rows.write({ inputs, content: { store: "host" } }, [0], 0),
        rows.load({}, 1, 0),
        device.makeRows(layout, 0),
      ]
      const found: string[] = []
      for (const one of codes) found.push((yield* Effect.flip(one)).code.replace("device.rows-", ""))
      assert.deepEqual(found, [
        "out-of-range",
        "order",
        "out-of-range",
        "out-of-range",
        "out-of-range",
        "out-of-range",
        "foreign",
        "shape",
        "layout",
      ])
    }),
  ))
