import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { test } from "node:test"
import { plugin as autoregressive } from "@parade/autoregressive"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, decodeText, type PipelineError, registryOf } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as medusa, readHeads } from "@parade/medusa"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import { sharedOrSkip } from "@parade/test/shared"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { medusaHeads } from "./mod.ts"

// Half a gigabyte of float weights: kept from run to run.
process.env["PARADE_CACHE"] ??= join(tmpdir(), "parade-test-cache")

const registry = registryOf([
  autoregressive,
  contiguous,
  exactMatch,
  groupedQuery,
  medusa,
  sampler,
  speculative,
  transformer,
])

const drafter = { use: "@parade/medusa", with: { source: medusaHeads } }
const composed = (pipeline: object) => compose(pipeline, { registry, base: tmpdir() })

test("the heads guess among different tokens, and say for whom they are", async () => {
  const folder = fileURLToPath(new URL("medusa", import.meta.url))
  const { draft, weights, temperatures, weightsFingerprint } = await Effect.runPromise(readHeads(folder, 16))
  assert.ok(draft !== undefined && weightsFingerprint !== undefined)
  assert.equal(new Set(draft.tokens).size, draft.tokens.length)
  assert.equal(temperatures!.length, weights.length)
})

test("another model is refused", async () => {
  const pipeline = {
    use: "@parade/speculative",
    model: { use: "@parade/transformer", with: { source: "npm:@parade/model-tiny-text/model" } },
    drafter,
  }
  const error = await Effect.runPromise(Effect.scoped(Effect.flip(composed(pipeline))))
  assert.equal((error as PipelineError).issues[0]!.code, "draft.vocabulary-mismatch")
})

test("with float weights SmolLM2 says what it says plainly, in fewer forwards", async (t) => {
  const source = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
  if (source === undefined) return
  const model = { use: "@parade/transformer", with: { source, dtype: "fp32", device: "cpu" } }
  const answer = (pipeline: object) =>
    Effect.runPromise(
      composed(pipeline).pipe(
        Effect.flatMap((decoder) =>
          collectText(
            decodeText(decoder, [{ role: "user", content: "List five uses of salt." }], { maxTokens: 24 }),
          ),
        ),
        Effect.scoped,
      ),
    )
  const plain = await answer({ use: "@parade/autoregressive", model })
  const drafted = await answer({ use: "@parade/speculative", with: { adaptive: false }, model, drafter })
  assert.deepEqual(drafted.tokens, plain.tokens)
  assert.ok(drafted.stats.tokensPerForward > 1.2, String(drafted.stats.tokensPerForward))
})
