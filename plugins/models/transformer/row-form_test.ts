import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openDevice } from "@parade/onnx"
import { sharedOrSkip } from "@parade/test/shared"
import { readSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { integersAreExact, rowsPay } from "./_row-choice.ts"
import { failureOf, mean, newCache, open, run, temporaryCache } from "./_testing.ts"
import { tokenLosses } from "./token-losses.ts"

temporaryCache()

test("int8 is refused where there is no processor to do it or no text to fit it on", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  for (const device of ["reference", "cpu"] as const) {
    const failure = await failureOf(open(folder, { dtype: "int8", device }))
    assert.equal(failure.code, "model.no-int8")
  }
})

test("SmolLM2 in int8 keeps its perplexity within one per cent, and is measured once", async (t) => {
  const model = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
  const fixtures = sharedOrSkip(t, "fixtures", "smollm2")
  if (model === undefined || fixtures === undefined) return
  const { mean_nll_of_first_predictions: expected } = JSON.parse(
    readFileSync(join(fixtures, "perplexity.json"), "utf8"),
  ) as { readonly mean_nll_of_first_predictions: Readonly<Record<string, number>> }
  const file = readSafetensors(join(fixtures, "reference.safetensors"))
  t.after(() => file.close())
  const tokens = Array.from(file.tensors.get("shakespeare.input_ids")!.values())
  await run(
    Effect.gen(function* () {
      const loaded = yield* open(model, { device: "cpu", dtype: "int8" })
      assert.match(loaded.info.dtype, /^int8: .* of \d+ products$/)
      const cache = yield* newCache(loaded)
      const ratio = Math.exp(
        mean(yield* tokenLosses(loaded, cache, tokens.slice(0, 1024))) - expected["1023"]!,
      )
      t.diagnostic(`${loaded.info.dtype}: perplexity × ${ratio.toFixed(5)} over 1023 predictions`)
      assert.ok(ratio <= 1.01 && ratio >= 0.99, `perplexity × ${ratio}`)
    }),
  )
  // The second time, nothing is measured: the calibration is there, and its passing graph is gone.
  const kept = readdirSync(join(process.env["PARADE_CACHE"]!, "calibrations"))
  assert.equal(kept.length, 1)
  assert.match(kept[0]!, /^[0-9a-f]{32}\.safetensors$/)
})

test("integers are taken where they are exact and fast, and the answer is kept", () =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const kept = (): number => readdirSync(join(process.env["PARADE_CACHE"]!, "choices")).length
      const before = kept()
      const pay = yield* rowsPay(device, "zeros")
      assert.equal(kept(), before + 1)
      assert.equal(yield* rowsPay(device, "zeros"), pay)
      assert.equal(kept(), before + 1)
      if (!(yield* integersAreExact(device))) assert.equal(pay, false)
    }),
  ))

test("a small checkpoint keeps its form", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  assert.equal(await run(Effect.map(open(folder, { device: "cpu" }), ({ info }) => info.dtype)), "auto")
})
