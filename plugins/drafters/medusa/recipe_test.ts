import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { Model } from "@parade/core"
import { referenceDevice } from "@parade/graph"
import { nullModel } from "@parade/test"
import { readLog } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  assertResumes,
  codeOf,
  draftedWith,
  folderFor,
  letters,
  type OpenRecipe,
  refusal,
  run,
  train,
} from "../_recipe-testing.ts"
import { caches, tinyLlama, width } from "./_testing.ts"
import { medusa, readHeads } from "./mod.ts"
import { medusaRecipe, MedusaRecipeConfig } from "./recipe-mod.ts"

const config: MedusaRecipeConfig = Schema.decodeUnknownSync(MedusaRecipeConfig)({
  heads: 3,
  prompts: 20,
  heldOutPrompts: 6,
  continuation: 24,
  batch: 32,
  rate: 0.02,
  checkpointEvery: 8,
  evaluateEvery: 30,
})

const own = { tasks: [letters], cache: caches }

const opened =
  (changes: Partial<MedusaRecipeConfig>): OpenRecipe =>
  (device) =>
    Effect.map(tinyLlama(5, device), (model) => medusaRecipe({ ...config, ...changes }, { ...own, model }))

test("a few steps train heads that draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(opened({}), folder, 60)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(60) < at(30))
  assert.ok(log[59]!.metrics["loss.head1"]! < log[0]!.metrics["loss.head1"]! / 2)
  const heads = await run(readHeads(folder, 16))
  assert.equal(heads.weights.length, 3)
  const [first, , third] = heads.accuracy.map((row) => row[0]!) as [number, number, number]
  assert.ok(first > 0.5 && first >= third - 0.1)
  const stats = await run(
    Effect.gen(function* () {
      const drafter = yield* medusa(heads, referenceDevice, { nodes: 8, tree: "confident" })
      return yield* draftedWith(yield* tinyLlama(5), drafter, 100, 40)
    }),
  )
  // The text is soon a loop, which trained heads draft and untrained ones do not.
  assert.ok(stats.meanAcceptanceLength > 1.6, String(stats.meanAcceptanceLength))
})

test("heads with a draft vocabulary guess among the model's most frequent tokens", async (t) => {
  const folder = folderFor(t)
  await train(opened({ draftVocabulary: 6 }), folder, 60)
  const heads = await run(readHeads(folder, 16))
  const { tokens, rows } = heads.draft!
  assert.equal(tokens.length, 6)
  assert.equal(rows.length, 6 * width)
  const whole = await run(
    Effect.gen(function* () {
      const model = yield* tinyLlama(5)
      const identity = new Float32Array(width * width)
      for (let i = 0; i < width; i++) identity[i * width + i] = 1
      return yield* model.head!(identity)
    }),
  )
  for (const [id, token] of tokens.entries())
    for (let i = 0; i < width; i++) {
      const exact = whole.row(i)[token]!
      assert.ok(Math.abs(rows[id * width + i]! - exact) <= 1e-3 * Math.abs(exact) + 1e-6)
    }
  const other = folderFor(t)
  await train(
    opened({
      draftVocabulary: 6,
      labels: "distributions",
      outputMatrix: true,
      newestToken: true,
    }),
    other,
    60,
  )
  const learnt = await run(readHeads(other, 16))
  assert.deepEqual(learnt.draft!.tokens, tokens)
  assert.ok(learnt.accuracy[0]![0]! > 0.3, learnt.accuracy.join(" "))
  assert.equal(learnt.temperatures!.length, 3)
  for (const { output, token } of learnt.weights)
    assert.ok(output !== undefined && token!.some((value) => value !== 0))
  assert.ok(heads.accuracy[0]!.length === 6 && heads.accuracy[0]![0]! > 0.3, heads.accuracy.join(" "))
})

test("a recipe that was stopped goes on to the same bytes, from the states it kept", (t) =>
  assertResumes(t, opened({}), { steps: 20, stopAfter: 11, files: ["heads.safetensors", "heads.json"] }))

test("models that cannot be trained for are told by code", async (t) => {
  const code = (model: Model): Promise<string> => refusal(t, medusaRecipe(config, { ...own, model }))
  assert.equal(await code({ ...nullModel(), head: undefined }), "recipe.no-linear-head")
  // The null model says the same whatever it is given, which no matrix does.
  assert.equal(await code(nullModel()), "recipe.no-linear-head")
  const silent = await run(Effect.map(tinyLlama(5), (model) => ({ ...model, tokenizer: undefined })))
  assert.equal(await code(silent), "recipe.no-tokenizer")
})

test("files that are no heads are told by code and place", async (t) => {
  const folder = folderFor(t)
  assert.equal(await codeOf(readHeads(folder, 4)), "weights.not-heads")
  writeFileSync(join(folder, "heads.json"), "{}")
  assert.equal(await codeOf(readHeads(folder, 4)), "weights.not-heads")
})
