import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { readLog } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  assertResumes,
  draftedWith,
  folderFor,
  letters,
  type OpenRecipe,
  refusal,
  run,
  silenced,
  train,
} from "../_recipe-testing.ts"
import { caches, parts, tinyBackbone, tinyLlama } from "./_testing.ts"
import { chimera, readChimera } from "./mod.ts"
import { chimeraRecipe, ChimeraRecipeConfig } from "./recipe-mod.ts"

const config: ChimeraRecipeConfig = Schema.decodeUnknownSync(ChimeraRecipeConfig)({
  levels: 2,
  feedForward: 24,
  prompts: 20,
  heldOutPrompts: 6,
  promptLength: 4,
  continuation: 20,
  rate: 0.01,
  checkpointEvery: 8,
  evaluateEvery: 20,
})

const own = { tasks: [letters], attention: parts.attention, cache: caches }

const opened =
  (changes: Partial<ChimeraRecipeConfig>): OpenRecipe =>
  () =>
    Effect.succeed(
      chimeraRecipe({ ...config, ...changes }, { ...own, backbone: (place) => tinyBackbone(5, place) }),
    )

test("a few steps train a drafter that drafts what the model says", async (t) => {
  const folder = folderFor(t)
  await train(opened({}), folder, 60)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(60) < at(20), `${at(60)} < ${at(20)}`)
  const trained = await run(readChimera(folder, parts.attention, 4))
  assert.equal(trained.accuracy.length, 2)
  assert.ok(trained.accuracy[0]![0]! > 0.4, String(trained.accuracy[0]![0]))
  const stats = await run(
    Effect.gen(function* () {
      const drafter = yield* chimera(trained, parts, { nodes: 8, least: 0, trigrams: 100 })
      return yield* draftedWith(yield* tinyLlama(5), drafter, 100, 40)
    }),
  )
  assert.ok(stats.meanAcceptanceLength > 1.5, String(stats.meanAcceptanceLength))
})

test("levels of a draft vocabulary guess among the model's most frequent tokens, and say how sure they are", async (t) => {
  const folder = folderFor(t)
  await train(opened({ draftVocabulary: 12, trigramWidth: 8, textLength: 20 }), folder, 60)
  const trained = await run(readChimera(folder, parts.attention, 4))
  assert.equal(trained.draft?.tokens.length, 12)
  assert.equal(trained.temperatures?.length, 2)
  assert.ok(trained.accuracy[0]![0]! > 0.25, String(trained.accuracy[0]![0]))
  const stats = await run(
    Effect.gen(function* () {
      const drafter = yield* chimera(trained, parts, { nodes: 8, least: 0, trigrams: 100 })
      return yield* draftedWith(yield* tinyLlama(5), drafter, 100, 40)
    }),
  )
  assert.ok(stats.meanAcceptanceLength > 1.2, String(stats.meanAcceptanceLength))
})

test("a drafter can be trained without states or without trigrams", async (t) => {
  for (const without of ["states", "trigrams"] as const) {
    const folder = folderFor(t)
    await train(opened({ without }), folder, 2)
    const { weights, without: told } = await run(readChimera(folder, parts.attention, 4))
    assert.equal(told, without)
    const isMixed = weights.get("trigram.mix.weight")!.some((value) => value !== 0)
    assert.equal(isMixed, without === "states")
  }
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", (t) =>
  assertResumes(t, opened({}), {
    steps: 14,
    stopAfter: 11,
    files: ["drafter.safetensors", "chimera.json"],
  }))

test("a model that says too little is told by code", async (t) => {
  const silent = chimeraRecipe(config, {
    ...own,
    backbone: (place) => Effect.map(tinyBackbone(5, place), silenced),
  })
  assert.equal(await refusal(t, silent), "recipe.short-answers")
})
