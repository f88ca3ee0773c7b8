import assert from "node:assert/strict"
import { test } from "node:test"
import { type PipelineError } from "@parade/core"
import { plugin as hiddenTransfer } from "@parade/hidden-transfer"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import { answers, composedWith } from "./_testing.ts"
import { hiddenTransferMaps } from "./mod.ts"

const drafter = { use: "@parade/hidden-transfer", with: { source: hiddenTransferMaps, layer: 15 } }

test("a model of fewer layers is refused", async () => {
  const pipeline = {
    use: "@parade/speculative",
    model: { use: "@parade/transformer", with: { source: "npm:@parade/model-tiny-text/model" } },
    drafter,
  }
  const error = await Effect.runPromise(Effect.scoped(Effect.flip(composedWith(hiddenTransfer)(pipeline))))
  assert.equal((error as PipelineError).issues[0]!.code, "model.unknown-cut")
})

test("with float weights SmolLM2 says what it says plainly, in fewer forwards", async (t) => {
  const source = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
  if (source === undefined) return
  const { plain, drafted } = await answers(source, hiddenTransfer, drafter)
  assert.deepEqual(drafted.tokens, plain.tokens)
  assert.ok(drafted.stats.tokensPerForward > 1.2, String(drafted.stats.tokensPerForward))
})
