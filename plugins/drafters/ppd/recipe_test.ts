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
import { caches, tinyBackbone, tinyLlama } from "./_testing.ts"
import { ppd, readPrompts } from "./mod.ts"
import { ppdRecipe, PpdRecipeConfig } from "./recipe-mod.ts"

const config: PpdRecipeConfig = Schema.decodeUnknownSync(PpdRecipeConfig)({
  promptTokens: 2,
  prompts: 20,
  heldOutPrompts: 6,
  promptLength: 4,
  continuation: 20,
  anchors: 8,
  rate: 0.05,
  checkpointEvery: 8,
  evaluateEvery: 30,
})

const own = { tasks: [letters], cache: caches }

const opened =
  (changes: Partial<PpdRecipeConfig>): OpenRecipe =>
  () =>
    Effect.succeed(
      ppdRecipe({ ...config, ...changes }, { ...own, backbone: (place) => tinyBackbone(5, place) }),
    )

const open = opened({})

test("a few steps train prompt tokens that draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(open, folder, 120)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(120) < at(30), `${at(120)} < ${at(30)}`)
  const prompts = await run(readPrompts(folder, 4))
  assert.equal(prompts.vectors.length, 2)
  const accepted = async (drafter: ReturnType<typeof ppd>): Promise<number> =>
    (await run(Effect.flatMap(tinyLlama(5), (model) => draftedWith(model, drafter, 100, 40))))
      .meanAcceptanceLength
  const trained = await accepted(ppd(prompts, 16))
  const vectors = prompts.vectors.map((vector) => vector.map((value, i) => (i % 2 === 0 ? -3 : 3) * value))
  const spoilt = await accepted(ppd({ ...prompts, vectors }, 16))
  assert.ok(trained > 1.2 && trained > spoilt, `${trained}, spoilt ${spoilt}`)
})

test("prompt tokens that are compared at the most frequent tokens alone learn too, from the beginnings of texts", async (t) => {
  const folder = folderFor(t)
  await train(opened({ draftVocabulary: 12, textLength: 20 }), folder, 60)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(60) < at(30), `${at(60)} < ${at(30)}`)
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", (t) =>
  assertResumes(t, open, { steps: 20, stopAfter: 11, files: ["prompts.safetensors", "prompts.json"] }))

test("a model that says too little is told by code", async (t) => {
  const silent = ppdRecipe(config, {
    ...own,
    backbone: (place) => Effect.map(tinyBackbone(5, place), silenced),
  })
  assert.equal(await refusal(t, silent), "recipe.short-answers")
})
