/** What the model says of every step over a cache, bit for bit, where what a row stores depends on all that it saw. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type CanvasTarget, collectText, type Model, type ParadeError } from "@parade/core"
import type { Refresh, Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { fullRefresh } from "@parade/full-refresh"
import { prefixCache } from "@parade/prefix-cache"
import { threshold } from "@parade/threshold"
import { assemble } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { tinyParts } from "../../_tiny-transformer.ts"
import { oneByOne, parts, request } from "./_testing.ts"
import { maskedDiffusion } from "./mod.ts"

const vocabularySize = 12

/** Two layers of random weights, so that what the second stores of a row depends on what the first saw; with Dream's shift or without. */
const model = (type: "Dream" | "llama"): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.suspend(() =>
    assemble({
      ...tinyParts(1, { type, layers: 2, vocabulary: vocabularySize, width: 8, inner: 12, context: 64 }),
      maskToken: vocabularySize - 1,
    }),
  )

interface Setting {
  readonly refresh: Refresh
  readonly unmasker?: Unmasker
}

/** By step and by position of the row in the sequence, the bits of its logits. */
type Said = readonly ReadonlyMap<number, readonly number[]>[]

const said = (
  inner: Model,
  setting: Setting,
  target: CanvasTarget = { kind: "canvas", length: 8 },
): Effect.Effect<Said, unknown> => {
  const steps: ReadonlyMap<number, readonly number[]>[] = []
  const watched: Model = {
    ...inner,
    forward: (rows, options) =>
      Effect.tap(inner.forward(rows, options), ({ logits }) =>
        Effect.sync(() => {
          const [asked] = options.outputs
          const bits = (index: number): readonly number[] => [
            ...new Uint32Array(logits!.row(index).slice().buffer),
          ]
          steps.push(new Map(Array.from(asked!.rows, (row, i) => [rows.positions[row]!, bits(i)])))
        }),
      ),
  }
  const decoder = maskedDiffusion(parts({ model: watched, ...setting }))
  return Effect.as(collectText(decoder.decode(request(target.length, { target }))), steps)
}

for (const type of ["llama", "Dream"] as const) {
  const predicts = type === "Dream" ? "the next position" : "its own position"
  test(`A cache that is refreshed in every step gives the logits of none, where a row predicts ${predicts}.`, () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const tiny = yield* model(type)
          for (const unmasker of [oneByOne, threshold({ threshold: 0.3 })]) {
            const plain = yield* said(tiny, { refresh: fullRefresh, unmasker })
            assert.ok(plain.length >= 2)
            for (const cache of [prefixCache, dualCache]) {
              const refreshed = yield* said(tiny, { refresh: cache({ interval: 1 }), unmasker })
              assert.deepEqual(refreshed, plain)
            }
          }
          // Rows that are kept say something else of the same canvas, or the above would say nothing.
          const plain = yield* said(tiny, { refresh: fullRefresh })
          for (const cache of [prefixCache, dualCache]) {
            const kept = yield* said(tiny, { refresh: cache() })
            assert.deepEqual(kept[0], plain[0])
            assert.deepEqual([...kept[1]!.keys()], [...plain[1]!.keys()])
            assert.notDeepEqual(kept[1], plain[1])
          }
        }),
      ),
    ))
}

test("Behind the last block nothing is stale: there both caches give the same logits.", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const tiny = yield* model("llama")
        const target = { kind: "canvas", length: 8, fixed: [{ at: 0, tokens: [4, 5, 6, 7] }] } as const
        const [prefix, dual] = [
          yield* said(tiny, { refresh: prefixCache() }, target),
          yield* said(tiny, { refresh: dualCache() }, target),
        ]
        assert.equal(prefix.length, 4)
        assert.deepEqual(dual, prefix)
      }),
    ),
  ))
