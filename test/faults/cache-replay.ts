import assert from "node:assert/strict"
import {
  type Cache,
  type CacheError,
  type CacheFactory,
  type DeviceError,
  type Model,
  type ModelError,
  rowCount,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { range } from "../_rows.ts"
import { naiveCache } from "../caches/naive-cache.ts"

/** How a replay is compared. */
export interface ReplayOptions {
  /** Largest difference of two floats; 0 by default. */
  readonly tolerance?: number
  readonly caches?: CacheFactory
}

/** Largest absolute difference of two arrays; infinite where one is NaN or the lengths differ. */
const difference = (a: Float32Array, b: Float32Array): number => {
  if (a.length !== b.length) return Infinity
  let most = 0
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i]! - b[i]!)
    if (Number.isNaN(distance)) return Infinity
    most = Math.max(most, distance)
  }
  return most
}

/**
 * Replays the recorded inputs of a cache in one causal forward of the same model and asserts that the same rows
 * come out. The outputs of the model's last forward expire; where they are still needed, replay through another
 * instance of the model. True after every commit of causal rows and of paths of trees; not for caches that are stale on purpose.
 */
export const assertReplays = (
  model: Model,
  cache: Cache,
  options: ReplayOptions = {},
): Effect.Effect<void, ModelError | DeviceError | CacheError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const count = cache.length
      assert.equal(rowCount(cache.inputs), count, "a cache records one input per committed row")
      if (count === 0) return
      const { inputs, parts } = yield* cache.export(range(count))
      const fresh = yield* (options.caches ?? naiveCache).make(yield* model.makeStore)
      yield* model.forward(inputs, { cache: fresh, outputs: [], phase: "prefill" })
      yield* fresh.commit(range(count))
      const again = yield* fresh.export(range(count))
      for (const [name, floats] of Object.entries(parts)) {
        const distance = difference(floats, again.parts[name] ?? new Float32Array(0))
        assert.ok(
          distance <= (options.tolerance ?? 0),
          `replaying the inputs gives another ${name}: ${distance} apart over ${count} rows`,
        )
      }
    }),
  )
