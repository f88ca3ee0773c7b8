import assert from "node:assert/strict"
import { fileURLToPath } from "node:url"
import { test } from "node:test"
import { type PipelineError } from "@parade/core"
import { plugin as medusa, readHeads } from "@parade/medusa"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import { answers, composedWith } from "./_testing.ts"
import { medusaHeads } from "./mod.ts"

const drafter = { use: "@parade/medusa", with: { source: medusaHeads } }

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
  const error = await Effect.runPromise(Effect.scoped(Effect.flip(composedWith(medusa)(pipeline))))
  assert.equal((error as PipelineError).issues[0]!.code, "draft.vocabulary-mismatch")
})

test("with float weights SmolLM2 says what it says plainly, in fewer forwards", async (t) => {
  const source = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
  if (source === undefined) return
  const { plain, drafted } = await answers(source, medusa, drafter)
  assert.deepEqual(drafted.tokens, plain.tokens)
  assert.ok(drafted.stats.tokensPerForward > 1.2, String(drafted.stats.tokensPerForward))
})
