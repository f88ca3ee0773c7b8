import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { decodeText, collectText, composeAs, DecoderKind, registryOf, type ParadeError } from "@parade/core"
import { plugin as arithmetic } from "@parade/arithmetic"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { plugin as fixedCount } from "@parade/fixed-count"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { openDevice } from "@parade/onnx"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as threshold } from "@parade/threshold"
import { readLog } from "@parade/training"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { plugin } from "./mod.ts"

const registry = registryOf([
  arithmetic,
  blocks,
  contiguous,
  fixedCount,
  fullRefresh,
  groupedQuery,
  maskedDiffusion,
  plugin,
  sampler,
  threshold,
  transformer,
])

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-tiny-diffusion-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A text of lines that say where they stand. */
const text = Array.from({ length: 400 }, (_, i) => `This is line ${i} of a play.\nSo it goes on.\n`).join("")

const tiny = {
  shares: [1, 1],
  vocabulary: 300,
  layers: 1,
  width: 16,
  inner: 32,
  heads: 2,
  keyValueHeads: 1,
  length: 48,
  batch: 2,
  rate: 1e-2,
  checkpointEvery: 4,
  evaluateEvery: 5,
  heldOutBatches: 2,
  answers: 3,
  ngramOrder: 3,
  context: 64,
  canvas: 16,
}

const recipeIn = (folder: string, settings: object = {}): Effect.Effect<Recipe, ParadeError, Scope> => {
  writeFileSync(join(folder, "play.txt"), text)
  const tasks = [{ use: "@parade/arithmetic", with: { operations: ["add"], digits: 2 } }]
  const source = {
    use: "@parade/model-tiny-diffusion",
    with: { ...tiny, text: "play.txt", ...settings },
    tasks,
  }
  return composeAs(RecipeKind, source, { registry, base: folder })
}

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const trained = (data: string, folder: string, steps: number, stopAfter = Infinity): Promise<void> =>
  run(
    Effect.gen(function* () {
      const recipe = yield* recipeIn(data)
      const device = yield* openDevice("cpu", { threads: 1 })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("a few steps train a model that is saved, loaded as a LLaDA, and decoded in any order", async (t) => {
  const folder = folderFor(t)
  const model = join(folder, "model")
  await trained(folder, model, 30)
  const log = await run(readLog(join(model, "log.jsonl")))
  assert.equal(log.length, 30)
  assert.ok(log[29]!.metrics["loss"]! < log[0]!.metrics["loss"]! - 1)
  const last = log[29]!.evaluation!
  assert.ok(last["loss.play"]! < log[4]!.evaluation!["loss.play"]!)
  assert.ok(last["baseline.play"]! > 0 && last["baseline.arithmetic"]! > 0)
  for (const rule of ["fixed-count", "threshold"]) {
    const accuracy = last[`accuracy.${rule}.arithmetic`]!
    assert.ok(accuracy >= 0 && accuracy <= 1)
    assert.ok(last[`tokensPerForward.${rule}.arithmetic`]! >= 0)
  }
  const card = readFileSync(join(model, "README.md"), "utf8")
  assert.ok(
    card.includes(`| play | ${last["loss.play"]!.toFixed(3)} | ${last["baseline.play"]!.toFixed(3)} |`),
  )
  const finished = await run(
    Effect.gen(function* () {
      const source = {
        use: "@parade/masked-diffusion",
        model: { use: "@parade/transformer", with: { source: model, device: "cpu", threads: 1 } },
      }
      const decoder = yield* composeAs(DecoderKind, source, { registry })
      assert.equal(decoder.model.info.maskToken, 3)
      assert.equal(decoder.model.info.maskedRowPredicts, "self")
      return yield* collectText(
        decodeText(decoder, [{ role: "user", content: "1+1=" }], {
          maxTokens: 5,
          stop: { ignoreEnd: true },
          seed: 1,
        }),
      )
    }),
  )
  assert.equal(finished.tokens.length, 5)
  assert.ok(!finished.tokens.includes(3))
})

test("a recipe that was stopped goes on to the same bytes", async (t) => {
  const [data, whole, parts] = [folderFor(t), folderFor(t), folderFor(t)]
  await trained(data, whole, 10)
  await assert.rejects(trained(data, parts, 10, 7))
  await trained(data, parts, 10)
  for (const name of ["model.safetensors", "tokenizer.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(parts, name))), name)
})

const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
  run(
    Effect.match(effect, {
      onFailure: ({ code }) => code,
      onSuccess: () => "no failure",
    }),
  )

test("settings of no model, shares for other tasks and texts that are not there are told by code", async (t) => {
  const folder = folderFor(t)
  assert.equal(await codeOf(recipeIn(folder, { shares: [1] })), "recipe.bad-shares")
  assert.equal(await codeOf(recipeIn(folder, { shares: [0, 0] })), "recipe.bad-shares")
  assert.equal(await codeOf(recipeIn(folder, { vocabulary: 4096, ngramOrder: 5 })), "recipe.bad-ngram")
  assert.equal(await codeOf(recipeIn(folder, { heads: 3 })), "model.bad-config")
  assert.equal(await codeOf(recipeIn(folder, { context: 47 })), "recipe.bad-context")
  assert.equal(await codeOf(recipeIn(folder, { widht: 3 })), "pipeline.unknown-key")
  const without = Effect.gen(function* () {
    const recipe = yield* recipeIn(folder, { text: "none.txt" })
    const device = yield* openDevice("cpu", { threads: 1 })
    yield* recipe.train({ folder: join(folder, "model"), device, steps: 1, onStep: () => {} })
  })
  assert.equal(await codeOf(without), "training.unreadable-data")
})
