import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { after, test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, type Decoder, type ParadeError, registryOf } from "@parade/core"
import { plugin as exactBlockCache } from "@parade/exact-block-cache"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as subBlocks } from "@parade/sub-blocks"
import { sharedOrSkip } from "@parade/test/shared"
import { plugin as threshold } from "@parade/threshold"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { referenceDecode } from "./_reference.ts"
import { plugin } from "./mod.ts"

const registry = registryOf([
  contiguous,
  exactBlockCache,
  fullRefresh,
  groupedQuery,
  plugin,
  sampler,
  subBlocks,
  threshold,
  transformer,
])

/** A tiny Qwen 2 of random weights as Fast-dLLM v2 spells its checkpoints. */
const checkpoint = (source: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-fast-dllm-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8")) as object
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...config, model_type: "Fast_dLLM_Qwen", bd_size: 8, mask_token_id: 255 }),
  )
  symlinkSync(resolve(source, "model.safetensors"), join(folder, "model.safetensors"))
  return folder
}

/** A part that is changed to nothing is left out. */
const decoderOf = (source: string, change: object = {}): Effect.Effect<Decoder, ParadeError, Scope> =>
  compose(
    JSON.parse(
      JSON.stringify({
        use: "@parade/fast-dllm-v2",
        model: { use: "@parade/transformer", with: { source, device: "reference" } },
        schedule: {
          use: "@parade/sub-blocks",
          with: { length: 8, subLength: 4, align: "sequence", firstAlone: true },
        },
        refresh: { use: "@parade/exact-block-cache", with: { block: 8 } },
        ...change,
      }),
    ),
    { registry },
  )

test("a checkpoint is decoded by its config, as the paper's algorithm without a cache says", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const folder = checkpoint(source)
  for (const [promptLength, level] of [
    [5, 0.9],
    [8, 0.02],
    [11, 0],
  ] as const) {
    const prompt = Array.from({ length: promptLength }, (_, i) => 3 + 7 * i)
    const maxTokens = 24 - promptLength
    const check = Effect.gen(function* () {
      const unmasker = { use: "@parade/threshold", with: { threshold: level } }
      const decoder = yield* decoderOf(folder, { unmasker })
      assert.equal(decoder.model.info.blockLength, 8)
      const { tokens } = yield* collectText(
        decoder.decode({
          prompt: [{ tokens: prompt }],
          target: { kind: "continuation", maxTokens },
          stop: { ignoreEnd: true },
          seed: 0,
        }),
      )
      const expected = yield* referenceDecode({
        model: decoder.model,
        prompt,
        block: 8,
        subBlock: 4,
        threshold: level,
        count: maxTokens,
      })
      assert.deepEqual(tokens, expected.tokens)
    })
    await Effect.runPromise(Effect.scoped(check))
  }
})

test("with nothing said, blocks are those that the weights were trained on", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const prompt = [3, 10, 17, 24, 31]
  const check = Effect.gen(function* () {
    const decoder = yield* decoderOf(checkpoint(source), {
      schedule: undefined,
      refresh: undefined,
      unmasker: { use: "@parade/threshold", with: { threshold: 0.02 } },
    })
    const { tokens } = yield* collectText(
      decoder.decode({
        prompt: [{ tokens: prompt }],
        target: { kind: "continuation", maxTokens: 19 },
        stop: { ignoreEnd: true },
        seed: 0,
      }),
    )
    const { model } = decoder
    const blocks = { block: 8, subBlock: 8, threshold: 0.02, count: 19 }
    assert.deepEqual(tokens, (yield* referenceDecode({ model, prompt, ...blocks })).tokens)
  })
  await Effect.runPromise(Effect.scoped(check))
})

test("weights that were trained on blocks are not decoded as if their rows saw everything", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const folder = checkpoint(source)
  for (const refresh of [
    { use: "@parade/full-refresh" },
    { use: "@parade/exact-block-cache", with: { block: 16 } },
  ]) {
    const error = await Effect.runPromise(Effect.flip(Effect.scoped(decoderOf(folder, { refresh }))))
    assert.equal(error.code, "denoise.sees-too-much")
    assert.match(error.describe(), /blocks of 8/)
  }
})

test("blocks that are longer than those that rows see are a typed failure that says what to set", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const schedule = { use: "@parade/sub-blocks", with: { length: 16, subLength: 4, align: "sequence" } }
  const decode = Effect.gen(function* () {
    const decoder = yield* decoderOf(checkpoint(source), { schedule })
    const target = { kind: "continuation", maxTokens: 30 } as const
    return yield* collectText(decoder.decode({ prompt: [{ tokens: [1, 2] }], target, seed: 0 }))
  })
  const error = await Effect.runPromise(Effect.flip(Effect.scoped(decode)))
  assert.equal(error.code, "denoise.blocks-differ")
  assert.match(error.describe(), /Blocks of 16 .* blocks of 8/)
})
