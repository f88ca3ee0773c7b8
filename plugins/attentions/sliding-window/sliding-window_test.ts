import assert from "node:assert/strict"
import { test } from "node:test"
import type { Cache, Model, Outputs, ParadeError, Visibility } from "@parade/core"
import { tokenRows } from "@parade/core"
import { referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import type { Architecture, Attention } from "@parade/layers"
import { naiveCache } from "@parade/test"
import { sharedOrSkip } from "@parade/test/shared"
import { assemble, readArchitecture, tensorsOf } from "@parade/transformer"
import { openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { slidingWindowAttention } from "./sliding-window.ts"

const run = <A>(effect: Effect.Effect<A, unknown, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** The tiny Mistral, whose layers have a window of 8, with its config's window and attention replaced. */
const mistral = (
  folder: string,
  window: number | undefined,
  attention: Attention,
): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.gen(function* () {
    const checkpoint = yield* openCheckpoint(folder)
    const read = readArchitecture(checkpoint.config, "config.json")
    const layers = read.layers.map(({ rotary }) => ({
      ...(rotary === undefined ? {} : { rotary }),
      ...(window === undefined ? {} : { window }),
    }))
    const architecture: Architecture = { ...read, layers }
    return yield* assemble({
      name: "mistral",
      architecture,
      attention,
      tensors: tensorsOf(checkpoint, "fp32"),
      device: referenceDevice,
      dtype: "fp32",
      vocabularyFingerprint: () => "",
      endTokens: [],
    })
  })

const tokens = range(24).map((i) => (i * 37 + 5) % 256)

const forward = (
  model: Model,
  cache: Cache,
  ids: readonly number[],
  visibility?: Visibility,
): Effect.Effect<Outputs, ParadeError> =>
  model.forward(tokenRows(ids, cache.length), {
    cache,
    phase: "prefill",
    outputs: [{ name: "logits", rows: range(ids.length) }],
    ...(visibility === undefined ? {} : { visibility }),
  })

const logitsOf = (model: Model): Effect.Effect<Float32Array, ParadeError, Scope> =>
  Effect.gen(function* () {
    const cache = yield* naiveCache.make(yield* model.makeStore)
    return (yield* forward(model, cache, tokens))["logits"]!.data
  })

test("a window put on full attention is the window of a checkpoint that has it", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "mistral")
  if (folder === undefined) return
  const windowed = slidingWindowAttention(groupedQueryAttention, { window: 8 })
  const check = Effect.gen(function* () {
    const own = yield* logitsOf(yield* mistral(folder, 8, groupedQueryAttention))
    const forced = yield* logitsOf(yield* mistral(folder, undefined, windowed))
    const full = yield* logitsOf(yield* mistral(folder, undefined, groupedQueryAttention))
    assert.deepEqual(forced, own)
    assert.notDeepEqual(full, own)
    // Where the context is shorter than the window, there is no difference.
    assert.deepEqual(full.subarray(0, 8 * 256), own.subarray(0, 8 * 256))
  })
  await run(check)
})

test("the narrower of two windows holds, and other layers stay as they are", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "gemma3")
  if (folder === undefined) return
  const check = Effect.gen(function* () {
    const { config } = yield* openCheckpoint(folder)
    const architecture = readArchitecture(config, "config.json")
    const windows = (attention: Attention): (number | undefined)[] =>
      range(3).map((layer) => attention.window(architecture, layer))
    const narrowed = (window: number, layers?: readonly number[]): (number | undefined)[] =>
      windows(slidingWindowAttention(groupedQueryAttention, { window, layers }))
    assert.deepEqual(windows(groupedQueryAttention), [8, 8, undefined])
    assert.deepEqual(narrowed(4), [4, 4, 4])
    assert.deepEqual(narrowed(16), [8, 8, 16])
    assert.deepEqual(narrowed(4, [1]), [8, 4, undefined])
  })
  await run(check)
})

test("in a window, the rows of a tree are their paths alone, and steps are the whole text", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "mistral")
  if (folder === undefined) return
  const attention = slidingWindowAttention(groupedQueryAttention, { window: 3 })
  const check = Effect.gen(function* () {
    const model = yield* mistral(folder, undefined, attention)
    const alone = (ids: readonly number[]): Effect.Effect<Float32Array, ParadeError, Scope> =>
      Effect.gen(function* () {
        const cache = yield* naiveCache.make(yield* model.makeStore)
        return (yield* forward(model, cache, ids))["logits"]!.row(ids.length - 1).slice()
      })
    const cache = yield* naiveCache.make(yield* model.makeStore)
    yield* forward(model, cache, tokens.slice(0, 6))
    yield* cache.commit(range(6))
    // Two branches of two under the sixth token.
    const rows = { tokens: Int32Array.of(9, 8, 7, 6), positions: Int32Array.of(6, 6, 7, 7) }
    const { logits } = yield* model.forward(rows, {
      cache,
      phase: "step",
      visibility: { rule: "tree", parents: [-1, -1, 0, 1] },
      outputs: [{ name: "logits", rows: range(4) }],
    })
    const kept = range(4).map((row) => logits!.row(row).slice())
    const prompt = tokens.slice(0, 6)
    for (const [row, path] of [[9], [8], [9, 7], [8, 6]].entries())
      assert.deepEqual(kept[row], yield* alone([...prompt, ...path]))
  })
  await run(check)
})
