import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { composeAs, DecoderKind, collectText, registryOf, type Request } from "@parade/core"
import { plugin as threshold } from "@parade/threshold"
import { plugin as dualCache } from "@parade/dual-cache"
import { greedySampler, maskedModel, naiveCache, modelPlugin } from "@parade/test"
import { dualCache as dualCacheOf } from "@parade/dual-cache"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { plugin as sampler } from "@parade/standard-sampler"
import { blocks as blocksOf } from "@parade/blocks"
import { threshold as thresholdOf } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const table = modelPlugin(model)
const registry = registryOf([blocks, contiguous, dualCache, plugin, sampler, table, threshold])

const parts = {
  model,
  unmasker: thresholdOf({ threshold: 0.9 }),
  schedule: blocksOf({ length: 32 }),
  refresh: dualCacheOf(),
  sampler: greedySampler,
  cache: naiveCache,
}
const request: Request = {
  prompt: [{ tokens: [1, 2, 3] }],
  target: { kind: "canvas", length: 64 },
  seed: 1,
}

test("With nothing said it decodes as the paper: blocks of 32, confidences of at least 0.9, cached on both sides.", async () => {
  const program = Effect.gen(function* () {
    const decoder = yield* composeAs(DecoderKind, { use: "@parade/fast-dllm" }, { registry })
    const { tokens, stats } = yield* collectText(decoder.decode(request))
    const written = yield* collectText(maskedDiffusion(parts).decode(request))
    assert.deepEqual(tokens, written.tokens)
    assert.equal(stats.forwards, written.stats.forwards)
    // Two forwards of everything, one a block; in all others the block alone is computed.
    assert.equal(stats.rows, 2 * 67 + (stats.forwards - 2) * 32)
  })
  await Effect.runPromise(Effect.scoped(program))
})
