import assert from "node:assert/strict"
import test from "node:test"
import { GraphBuilder, ops, tensor } from "@parade/graph"
import type { DeviceTensor, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { noRealAdapter } from "./_gpu-adapter.ts"
import { runScoped, temporaryFolder } from "./_testing.ts"
import { cacheFolder, openDevice } from "./mod.ts"

const sumAndProduct = () => {
  const g = new GraphBuilder("both", { kind: "fused" })
  const x = g.input("x", "float32", ["N"])
  g.output("sum", ops.add(g, x, x))
  g.output("product", ops.mul(g, x, x))
  return g.build()
}

const openBoth = Effect.gen(function* () {
  const device = yield* openDevice("cpu", { threads: 1 })
  return yield* device.compile(sumAndProduct())
})

test("only the outputs named are given", () =>
  runScoped(
    Effect.gen(function* () {
      const program = yield* openBoth
      const x = tensor("float32", [3], Float32Array.of(1, 2, 3))
      const outputs = yield* program.run({ x }, [{ name: "product" }])
      assert.deepEqual(Object.keys(outputs), ["product"])
      assert.deepEqual([...(outputs["product"] as Tensor<"float32">).data], [1, 4, 9])
    }),
  ))

test("a tensor fed again is read anew", () =>
  runScoped(
    Effect.gen(function* () {
      const program = yield* openBoth
      const x = tensor("float32", [1], Float32Array.of(1))
      yield* program.run({ x }, [{ name: "sum" }])
      x.data[0] = 5
      const { sum } = yield* program.run({ x }, [{ name: "sum" }])
      assert.deepEqual([...(sum as Tensor<"float32">).data], [10])
    }),
  ))

test("wrong feeds and fetches are typed failures, and the program goes on", () =>
  runScoped(
    Effect.gen(function* () {
      const program = yield* openBoth
      const x = tensor("float32", [1], Float32Array.of(2))
      const foreign: DeviceTensor = {
        location: "device",
        type: "float32",
        dims: [1],
        read: () => Promise.resolve(x),
        dispose: () => undefined,
      }
      const fails = async (feeds: Parameters<typeof program.run>[0], name: string, code: string) =>
        assert.equal((await Effect.runPromise(Effect.flip(program.run(feeds, [{ name }])))).code, code)
      yield* Effect.promise(async () => {
        await fails({}, "sum", "device.run-failed")
        await fails({ x: tensor("int32", [1], Int32Array.of(1)) }, "sum", "device.run-failed")
        await fails({ x: tensor("float32", [2], Float32Array.of(1)) }, "sum", "device.run-failed")
        await fails({ x }, "difference", "device.unknown-output")
        await fails({ x: foreign }, "sum", "device.foreign-tensor")
      })
      const { sum } = yield* program.run({ x }, [{ name: "sum" }])
      assert.deepEqual([...(sum as Tensor<"float32">).data], [4])
    }),
  ))

test("a program used after its scope fails typed", async () => {
  const program = await runScoped(openBoth)
  const x = tensor("float32", [1], Float32Array.of(2))
  const error = await Effect.runPromise(Effect.flip(program.run({ x }, [{ name: "sum" }])))
  assert.equal(error.code, "device.run-failed")
})

test("devices and options that do not exist are the caller's mistake", async () => {
  const unknown = await runScoped(Effect.flip(openDevice("tpu" as "cpu")))
  assert.equal(unknown.code, "device.unknown")
  assert.equal(unknown.fault, "caller")
  for (const threads of [0, 1.5, Number.NaN, 1e9]) {
    const error = await runScoped(Effect.flip(openDevice("cpu", { threads })))
    assert.equal(error.code, "device.bad-option")
  }
})

test("a missing CUDA library is named, with how to install it", async (t) => {
  const error = await runScoped(
    Effect.match(openDevice("cuda"), { onFailure: (failure) => failure, onSuccess: () => undefined }),
  )
  if (error === undefined) return t.skip("CUDA is installed here")
  assert.equal(error.code, "device.absent")
  assert.equal(error.fault, "caller")
  assert.match(error.message, /cuda.*This build of onnxruntime has .*cpu/)
  assert.match(error.advice ?? "", /CUDA 12/)
})

test("an absent WebGPU is the caller's mistake, and says what to install", async (t) => {
  const error = await runScoped(
    Effect.match(openDevice("webgpu"), { onFailure: (failure) => failure, onSuccess: () => undefined }),
  )
  if (error === undefined) return t.skip("WebGPU runs here")
  assert.equal(error.code, "device.absent")
  assert.equal(error.fault, "caller")
  assert.match(error.advice ?? "", /Vulkan.*Or use the device "cpu"/)
  return undefined
})

test("auto takes the processor where there is no real graphics processor, and says so", (t) =>
  runScoped(
    Effect.gen(function* () {
      if (noRealAdapter() === undefined) return t.skip("there may be a graphics processor here")
      const folder = yield* temporaryFolder
      const device = yield* openDevice("auto", { cacheFolder: folder })
      assert.equal(device.name, "cpu")
      assert.match(device.reason, /graphics processor|software/)
      assert.match(device.reason, /measured|1 of 1/)
      return undefined
    }),
  ))

test("a software driver of Vulkan is never chosen by itself", () => {
  assert.match(noRealAdapter({ VK_ICD_FILENAMES: "/x/vk_swiftshader_icd.json" }) ?? "", /software/)
})

test("the cache folder is the one asked for, else the user's", () => {
  assert.equal(cacheFolder({ PARADE_CACHE: "/somewhere" }), "/somewhere")
  assert.equal(cacheFolder({ PARADE_CACHE: "", XDG_CACHE_HOME: "/user" }), "/user/parade")
  assert.notEqual(cacheFolder({ XDG_CACHE_HOME: "relative" }), "relative/parade")
})
