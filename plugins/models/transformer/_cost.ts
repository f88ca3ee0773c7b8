import type { Cache, CostModel, Model, RowStore } from "@parade/core"
import type { OnnxDevice } from "@parade/onnx"
import { measureCost } from "@parade/onnx"
import * as Effect from "effect/Effect"

type Priced = Pick<Model, "info" | "layout" | "makeStore" | "forward">

const ROWS = [1, 2, 4, 8, 16, 32, 64]
const CONTEXTS = [128, 1024]

/** A cache that claims `length` rows of whatever its store holds, and keeps nothing: for timing alone. */
const emptyCache = ({ layout }: Priced, store: RowStore, length: number): Cache => {
  const refuse = Effect.die("The cache of a measurement commits nothing.")
  return {
    layout,
    store,
    length,
    pending: undefined,
    inputs: { tokens: new Int32Array(length), positions: new Int32Array(length) },
    carry: undefined,
    stage: () => {},
    commit: () => refuse,
    retain: () => refuse,
    export: () => refuse,
    import: () => refuse,
    fork: refuse,
  }
}

const measure = (model: Priced, key: readonly string[]): Effect.Effect<CostModel | undefined> => {
  const { contextLength } = model.info
  const rows = ROWS.filter((count) => count <= contextLength)
  const contexts = CONTEXTS.filter((length) => length + rows.at(-1)! <= contextLength)
  if (contexts.length === 0) contexts.push(0)
  const open = (context: number) =>
    Effect.gen(function* () {
      const store = yield* model.makeStore
      yield* store.reserve(context)
      const cache = emptyCache(model, store, context)
      return (count: number): Effect.Effect<unknown, unknown> => {
        const tokens = new Int32Array(count)
        const positions = Int32Array.from({ length: count }, (_, i) => context + i)
        const wanted = Array.from({ length: count }, (_, i) => i)
        return model.forward(
          { tokens, positions },
          { cache, outputs: [{ name: "logits", rows: wanted }], phase: "step" },
        )
      }
    })
  // Whoever asks can go on without a price; a device that fails will say so in the next forward.
  return Effect.orElseSucceed(measureCost(open, { key, rows, contexts }), () => undefined)
}

/** The measured price of a forward of a model on a device: measured when first asked for, and kept on disk. */
export const measuredCost =
  (device: OnnxDevice, key: readonly string[]) =>
  (model: Priced): Model["cost"] => {
    let known: Effect.Effect<CostModel | undefined> | undefined
    return Effect.suspend(
      () =>
        known ??
        Effect.tap(measure(model, [...key, device.name, `${device.threads}`, device.version]), (cost) =>
          Effect.sync(() => (known = Effect.succeed(cost))),
        ),
    )
  }
