import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { TestContext } from "node:test"
import { tokenRows } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import { readSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { tokenLosses } from "./token-losses.ts"
import { allHidden, greedy, mean, newCache, open, range, run } from "./_testing.ts"

// Half a gigabyte of float weights: kept from run to run.
process.env["PARADE_CACHE"] ??= join(tmpdir(), "parade-test-cache")

interface Prompt {
  readonly name: string
  readonly input_ids: readonly number[]
  readonly continuation_ids: readonly number[]
  readonly logits_range: readonly [number, number]
  readonly steps: readonly { readonly margin: number }[]
}

const folders = (t: TestContext): { readonly model: string; readonly fixtures: string } | undefined => {
  const model = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
  const fixtures = sharedOrSkip(t, "fixtures", "smollm2")
  return model === undefined || fixtures === undefined ? undefined : { model, fixtures }
}

const readPrompts = (fixtures: string): ReadonlyMap<string, Prompt> => {
  const { prompts } = JSON.parse(readFileSync(join(fixtures, "prompts.json"), "utf8")) as {
    readonly prompts: readonly Prompt[]
  }
  return new Map(prompts.map((prompt) => [prompt.name, prompt]))
}

const worst = (actual: Float32Array, expected: Float32Array): number => {
  assert.equal(actual.length, expected.length)
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0)
}

test("SmolLM2 in fp32 gives the reference's logits, hidden states and greedy text", async (t) => {
  const found = folders(t)
  if (found === undefined) return
  const prompts = readPrompts(found.fixtures)
  const file = readSafetensors(join(found.fixtures, "reference.safetensors"))
  t.after(() => file.close())
  const check = Effect.gen(function* () {
    const model = yield* open(found.model, {
      device: "cpu",
      dtype: "fp32",
      outputs: allHidden(30),
    })
    for (const name of ["chat-capital", "raw-code"]) {
      const { input_ids, logits_range } = prompts.get(name)!
      const last = input_ids.length - 1
      const outputs = yield* model.forward(tokenRows(input_ids, 0), {
        cache: yield* newCache(model),
        phase: "prefill",
        outputs: model.info.outputs.map((output) => ({ name: output, rows: [last] })),
      })
      const width = logits_range[1] - logits_range[0]
      const hidden = file.tensors.get(`${name}.hidden`)!.values()
      assert.ok(worst(outputs["logits"]!.data, file.tensors.get(`${name}.logits`)!.values()) <= 1e-5 * width)
      assert.ok(
        worst(outputs["hidden.final"]!.data, file.tensors.get(`${name}.final_norm`)!.values()) <=
          1e-5 * width,
      )
      for (const layer of range(31)) {
        const expected = hidden.subarray(layer * 576, (layer + 1) * 576)
        // The residual stream holds single activations of thousands, so each layer is held to its own size.
        const size = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
        assert.ok(worst(outputs[`hidden.${layer}`]!.data, expected) <= 1e-5 * size, `${name}, layer ${layer}`)
      }
    }
    // The one with the narrowest margins of all.
    const { input_ids, continuation_ids, steps } = prompts.get("raw-short")!
    assert.ok(steps.every(({ margin }) => margin > 1e-3))
    assert.deepEqual(yield* greedy(model, yield* newCache(model), input_ids, 64), continuation_ids)
  })
  await run(check)
})

test("SmolLM2 as its file holds it keeps the perplexity of fp32 within one per cent", async (t) => {
  const found = folders(t)
  if (found === undefined) return
  const { mean_nll_of_first_predictions: expected } = JSON.parse(
    readFileSync(join(found.fixtures, "perplexity.json"), "utf8"),
  ) as { readonly mean_nll_of_first_predictions: Readonly<Record<string, number>> }
  const file = readSafetensors(join(found.fixtures, "reference.safetensors"))
  t.after(() => file.close())
  const tokens = Array.from(file.tensors.get("shakespeare.input_ids")!.values())
  const check = Effect.gen(function* () {
    const model = yield* open(found.model, { device: "cpu" })
    assert.match(model.info.dtype, /auto/)
    const losses = yield* tokenLosses(model, yield* newCache(model), tokens.slice(0, 1024))
    const ratio = Math.exp(mean(losses) - expected["1023"]!)
    t.diagnostic(`${model.info.dtype}: perplexity × ${ratio.toFixed(5)} over 1023 predictions`)
    assert.ok(ratio <= 1.01 && ratio >= 0.99, `perplexity × ${ratio}`)
  })
  await run(check)
})
