import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { referenceDevice } from "@parade/graph"
import type { Device } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import * as Effect from "effect/Effect"
import { directionLoss, directionPoints } from "./_directions.ts"
import { addParameters, averages, compileStep, makeParameterStore, readFeed } from "./mod.ts"

const software = "/usr/lib/chromium/vk_swiftshader_icd.json"
if (existsSync(software)) process.env["VK_ICD_FILENAMES"] ??= software

/** Losses of a few steps, and the parameters and averages that they end with. */
const trained = Effect.fnUntraced(function* (device: Device, accumulate: number) {
  const graph = directionLoss()
  const step = yield* compileStep(device, graph, { accumulate, average: 0.9 })
  const store = makeParameterStore()
  addParameters(store, graph)
  const numbers: number[] = []
  for (let i = 0; i < 4; i++) {
    const batches = Array.from({ length: accumulate }, (_, j) => directionPoints(i * accumulate + j))
    numbers.push((yield* step.run(store, batches, 0.02)).metrics["loss"]!)
  }
  for (const { value } of [...store.states.values(), ...averages(store).states.values()])
    numbers.push(...(yield* Effect.promise(() => readFeed(value))))
  return numbers
})

for (const accumulate of [1, 2])
  test(`a model is trained on webgpu as on the interpreter, ${accumulate} batches a step`, async (t) => {
    const program = Effect.gen(function* () {
      const device = yield* Effect.catchTag(openDevice("webgpu"), "DeviceError", (error) =>
        Effect.sync(() => t.skip(error.describe())),
      )
      if (device === undefined) return
      const [expected, found] = [
        yield* trained(referenceDevice, accumulate),
        yield* trained(device, accumulate),
      ]
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(value - found[i]!) < 1e-4, `number ${i} is ${found[i]}, not ${value}`)
    })
    await Effect.runPromise(Effect.scoped(program))
  })
