import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { test } from "node:test"
import { plugin as blocksPlugin } from "@parade/blocks"
import { contiguous, plugin as contiguousPlugin } from "@parade/contiguous"
import { type Cache, type CacheFactory, compose, registryOf } from "@parade/core"
import { fixedCount } from "@parade/fixed-count"
import { plugin as fullRefreshPlugin } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { maskedDiffusion, plugin as maskedDiffusionPlugin } from "@parade/masked-diffusion"
import { plugin as samplerPlugin } from "@parade/standard-sampler"
import { greedySampler } from "@parade/test"
import { plugin as thresholdPlugin } from "@parade/threshold"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { windowRefresh, windowSchedule } from "./mod.ts"

const registry = registryOf([
  blocksPlugin,
  contiguousPlugin,
  fullRefreshPlugin,
  groupedQuery,
  maskedDiffusionPlugin,
  samplerPlugin,
  thresholdPlugin,
  transformer,
])

delete process.env["PARADE_MODEL"]

/** Keys and values by position, as bits. */
const storedIn = (cache: Cache) =>
  Effect.map(cache.export(Array.from({ length: cache.length }, (_, row) => row)), ({ inputs, parts }) => {
    const count = inputs.tokens.length
    const stored = new Map<number, readonly number[]>()
    for (let row = 0; row < count; row++) {
      const bits = cache.layout.parts.flatMap(({ name, blocks, width }) => {
        const all = new Uint32Array(parts[name]!.slice().buffer)
        return Array.from({ length: blocks }, (_, block) =>
          Array.from(all.subarray((block * count + row) * width, (block * count + row + 1) * width)),
        ).flat()
      })
      stored.set(inputs.positions[row]!, bits)
    }
    return stored
  })

test("A step between two refreshes leaves the keys and values of all that it does not compute as they were, bit for bit.", async () => {
  const [window, active, cycle, length] = [12, 4, 6, 24]
  const program = Effect.gen(function* () {
    const { model } = yield* compose({ use: "@parade/masked-diffusion" }, { registry, base: tmpdir() })
    let cache: Cache | undefined
    const watched: CacheFactory = {
      make: (store) => Effect.tap(contiguous().make(store), (made) => Effect.sync(() => (cache = made))),
    }
    const decoder = maskedDiffusion({
      model,
      sampler: greedySampler,
      schedule: windowSchedule({ active }),
      refresh: windowRefresh({ window, cycle }),
      unmasker: fixedCount({ by: "confidence" }),
      cache: watched,
    })
    let before = new Map<number, readonly number[]>()
    let [steps, refreshes, filled] = [0, 0, 0]
    const prompt = [{ tokens: Array.from({ length: 10 }, (_, i) => 100 + 3 * i) }]
    yield* Stream.runForEach(
      decoder.decode({
        prompt,
        target: { kind: "canvas", length },
        stop: { ignoreEnd: true },
        seed: 1,
      }),
      (event) =>
        Effect.gen(function* () {
          if (event.type !== "round") return
          const after = yield* storedIn(cache!)
          // A refresh keeps the rows of all that it computes: what is filled and the first masks, at their own positions.
          if (event["rows"] === after.size) {
            refreshes++
            const seen = prompt[0]!.tokens.length + Math.min(length, filled + window)
            assert.equal(after.size, seen)
            const last = Math.max(...after.keys())
            assert.ok(last >= seen - 1 && last < prompt[0]!.tokens.length + length)
          } else {
            steps++
            for (const [position, bits] of after) assert.deepEqual(bits, before.get(position), `${position}`)
            assert.ok(before.size - after.size <= event["rows"]!)
          }
          before = after
          filled++
        }),
    )
    assert.equal(refreshes, Math.ceil(length / cycle))
    assert.equal(steps, length - refreshes)
  })
  await Effect.runPromise(Effect.scoped(program))
})
