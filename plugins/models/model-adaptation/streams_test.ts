import assert from "node:assert/strict"
import { test } from "node:test"
import { firstRows, type Model, type ParadeError, tokenRows, type Visibility } from "@parade/core"
import { complementaryViews } from "@parade/fast-dllm-v2/recipe"
import { referenceDevice, type Tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { naiveCache } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, freshTensors, readArchitecture, trainingFeeds, trainingGraph } from "@parade/transformer"
import { reorderedStreams } from "@parade/wedlm/recipe"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type LaidPassages, noiseDraws, type NoisySequence } from "./mod.ts"

const mask = 29
const length = 12

/** One passage with a prompt of three tokens. */
const laid: LaidPassages = {
  tokens: Int32Array.from({ length }, (_, i) => (7 * i + 3) % mask),
  positions: Int32Array.from({ length }, (_, i) => i),
  passages: new Int32Array(length),
  answers: new Uint8Array(length).fill(1, 3),
}

const architecture = readArchitecture(
  {
    model_type: "llama",
    vocab_size: mask + 1,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 64,
  },
  "config",
)
const attention = groupedQueryAttention
// Wide enough that what a row sees shows in its logits.
const fresh = freshTensors(architecture, attention, (name) => {
  const next = normals(4)(name)
  return () => 20 * next()
})

/** The logits of every row as in training. */
const trainedLogits = ({ tokens, positions, sees }: NoisySequence) =>
  Effect.gen(function* () {
    const sequences = { count: 1, length: tokens.length }
    const graph = trainingGraph({ architecture, attention, tensors: fresh, sequences })
    const program = yield* referenceDevice.compile(graph, { keep: false })
    const visibility: Visibility = { rule: "dense", mask: sees }
    const feeds = trainingFeeds(architecture, attention, [{ tokens, positions, visibility }])
    const { logits } = yield* program.run(feeds, [{ name: "logits" }])
    const { data } = logits as Tensor<"float32">
    const width = architecture.vocabulary
    return (row: number): Float32Array => data.subarray(row * width, (row + 1) * width)
  })

/** The logits of rows as in decoding: behind the clean tokens of the cache, in an order of their own. */
const decodedLogits = (
  model: Model,
  before: ArrayLike<number>,
  prefix: Visibility,
  rows: { readonly tokens: Int32Array; readonly positions: Int32Array },
  visibility: Visibility,
) =>
  Effect.gen(function* () {
    const cache = yield* naiveCache.make(yield* model.makeStore)
    if (before.length > 0) {
      const options = { cache, outputs: [], phase: "prefill", visibility: prefix } as const
      yield* model.forward(tokenRows(before, 0), options)
      yield* cache.commit(firstRows(before.length))
    }
    const all = firstRows(rows.tokens.length)
    const { logits } = yield* model.forward(rows, {
      cache,
      visibility,
      outputs: [{ name: "logits", rows: all }],
      phase: "step",
    })
    return Array.from(all, (row) => logits!.row(row).slice())
  })

const assertClose = (found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void => {
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(found[i]! - expected[i]!) < 1e-4, `${what}: ${found[i]} is not ${expected[i]}`)
}

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const model = assemble({
  name: "tiny",
  architecture,
  attention,
  tensors: fresh,
  device: referenceDevice,
  dtype: "fp32",
  vocabularyFingerprint: () => "tiny",
  endTokens: [],
  maskToken: mask,
})

const ranks = (count: number, block: number): Visibility => ({
  rule: "ranked",
  ranks: Int32Array.from({ length: count }, (_, i) => Math.floor(i / block)),
})

test("a noisy block of block diffusion is trained on what decoding shows it: finished blocks, then itself", () =>
  run(
    Effect.gen(function* () {
      const block = 4
      const built = yield* model
      for (const [place, view] of [1, 2].entries()) {
        const noisy = complementaryViews(laid, { block, mask, draw: noiseDraws(view, 0) })[place]!
        const trained = yield* trainedLogits(noisy)
        for (let start = 0; start < length; start += block) {
          const tokens = noisy.tokens.slice(start, start + block)
          const positions = Int32Array.from(tokens, (_, i) => start + i)
          const before = laid.tokens.subarray(0, start)
          const decoded = yield* decodedLogits(
            built,
            before,
            ranks(start, block),
            { tokens, positions },
            ranks(block, block),
          )
          decoded.forEach((row, i) => assertClose(trained(start + i), row, `row ${i} of block ${start}`))
        }
        // The clean half is what a finished block is kept as.
        const clean = yield* decodedLogits(
          built,
          [],
          ranks(0, block),
          { tokens: laid.tokens, positions: laid.positions },
          ranks(length, block),
        )
        clean.forEach((row, i) => assertClose(trained(length + i), row, `clean row ${i}`))
      }
    }),
  ))

test("a noisy block of WeDLM is trained on what decoding shows it: a causal prefix, known tokens, then masks", () =>
  run(
    Effect.gen(function* () {
      const block = 4
      const built = yield* model
      for (const place of [1, 2, 3]) {
        const noisy = reorderedStreams(laid, { block, mask, draw: noiseDraws(5, place) })
        const trained = yield* trainedLogits(noisy)
        for (let start = 0; start < length; start += block) {
          const from = length + start
          const rows = {
            tokens: noisy.tokens.slice(from, from + block),
            positions: noisy.positions.slice(from, from + block),
          }
          const before = laid.tokens.subarray(0, start)
          const decoded = yield* decodedLogits(built, before, ranks(start, 1), rows, ranks(block, 1))
          decoded.forEach((row, i) => assertClose(trained(from + i), row, `row ${i} of block ${start}`))
        }
      }
    }),
  ))
