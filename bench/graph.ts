/** What the interpreter and the rows of a cache cost: `node --import tsx bench/graph.ts`. */
import { causal } from "@parade/core"
import * as Effect from "effect/Effect"
import { TinyModel } from "../kernels/graph/_tiny-model.ts"
import { makeHostRows, referenceDevice, tensor } from "../kernels/graph/mod.ts"

/** Median and least microseconds of `run`, over about a second. */
const measure = (run: () => void): string => {
  const times: number[] = []
  const end = performance.now() + 1000
  while (performance.now() < end) {
    const start = performance.now()
    run()
    times.push((performance.now() - start) * 1000)
  }
  const half = times.slice(times.length >> 1).sort((a, b) => a - b)
  return `${half[half.length >> 1]!.toFixed(1)} µs (least ${half[0]!.toFixed(1)})`
}

const interpreter = Effect.gen(function* () {
  const sizes = { layers: 1, width: 16, vocabulary: 32, kvHeads: 2, groups: 2 }
  const model = yield* TinyModel.make(sizes, referenceDevice, 16)
  for (const T of [1, 4, 16]) {
    const rows = Array.from({ length: T }, (_, i) => i)
    const run = (): void => {
      if (model.length >= 32) model.reset()
      model.forward(rows, rows, causal(T))
      model.commit([0])
    }
    console.log(`forward of ${T} rows, interpreted: ${measure(run)}`)
  }
})

const layers = Array.from({ length: 30 }, (_, layer) => layer)
const smol = {
  key: "smollm2",
  parts: layers.flatMap((layer) =>
    ["key", "value"].map((family) => ({ name: `${family}.${layer}`, family, layer, blocks: 3, width: 64 })),
  ),
}

const rows = Effect.gen(function* () {
  const store = yield* makeHostRows(smol, 64)
  yield* store.reserve(1280)
  for (const T of [1, 16]) {
    const floats = (): ReturnType<typeof tensor> =>
      tensor("float32", [90, T, 64], new Float32Array(90 * T * 64))
    const pending = {
      inputs: { tokens: new Int32Array(T), positions: new Int32Array(T) },
      content: store.pending({ "new.key": floats(), "new.value": floats() }),
    }
    let at = 0
    const write = (): void => Effect.runSync(store.write(pending, [0], at++ % 1280))
    console.log(`one of ${T} rows of SmolLM2 to its place: ${measure(write)}`)
  }
})

Effect.runSync(Effect.scoped(Effect.andThen(interpreter, rows)))
