import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { after, test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, type Decoder, type ParadeError, registryOf } from "@parade/core"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as sampler } from "@parade/standard-sampler"
import { sharedOrSkip } from "@parade/test/shared"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { referenceDecode } from "./_reference.ts"
import { plugin, refresh, schedule, unmasker } from "./mod.ts"

const registry = registryOf([
  contiguous,
  fullRefresh,
  groupedQuery,
  plugin,
  refresh,
  sampler,
  schedule,
  transformer,
  unmasker,
])

/** A tiny Qwen of random weights as WeDLM spells its checkpoints. */
const checkpoint = (source: string, settings: object): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-wedlm-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8")) as object
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...config, model_type: "wedlm", mask_token_id: 255, ...settings }),
  )
  symlinkSync(resolve(source, "model.safetensors"), join(folder, "model.safetensors"))
  return folder
}

const decoderOf = (source: string, change: object = {}): Effect.Effect<Decoder, ParadeError, Scope> =>
  compose(
    {
      use: "@parade/wedlm",
      model: { use: "@parade/transformer", with: { source, device: "reference" } },
      sampler: { use: "@parade/standard-sampler" },
      ...change,
    },
    { registry },
  )

for (const [name, settings] of [
  ["qwen2", {}],
  ["qwen3", { qk_norm: true, attention_bias: false }],
] as const)
  test(`a checkpoint made of ${name} is decoded by its config, as the paper's algorithm says`, async (t) => {
    const source = sharedOrSkip(t, "fixtures", "tiny-hf", name)
    if (source === undefined) return
    const folder = checkpoint(source, settings)
    for (const [threshold, penalty] of [
      [0, 0],
      [5.4, 0.02],
      [9, 0],
    ] as const) {
      const prompt = [3, 10, 17]
      const check = Effect.gen(function* () {
        const decoder = yield* decoderOf(folder, {
          schedule: { use: "@parade/wedlm", with: { window: 5 } },
          unmasker: { use: "@parade/wedlm", with: { threshold, penalty } },
        })
        const { tokens } = yield* collectText(
          decoder.decode({
            prompt: [{ tokens: prompt }],
            target: { kind: "continuation", maxTokens: 12 },
            stop: { ignoreEnd: true },
            seed: 0,
          }),
        )
        const { model } = decoder
        const setting = { model, prompt, window: 5, threshold, penalty, maxTokens: 12 }
        assert.deepEqual(tokens, (yield* referenceDecode(setting)).tokens)
      })
      await Effect.runPromise(Effect.scoped(check))
    }
  })

test("causal weights are not decoded as if their rows saw everything", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const change = { refresh: { use: "@parade/full-refresh" } }
  const error = await Effect.runPromise(Effect.flip(Effect.scoped(decoderOf(checkpoint(source, {}), change))))
  assert.equal(error.code, "denoise.sees-too-much")
})

test("weights whose rows saw everything are not decoded causally", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const bidirectional = checkpoint(source, { model_type: "Dream" })
  const failed = Effect.flip(Effect.scoped(decoderOf(bidirectional, { unmasker: { use: "@parade/wedlm" } })))
  const { code } = await Effect.runPromise(failed)
  assert.equal(code, "denoise.sees-too-little")
})
