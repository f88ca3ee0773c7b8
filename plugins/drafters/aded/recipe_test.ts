import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { readLog } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  draftedWith,
  folderFor,
  letters,
  type OpenRecipe,
  refusal,
  run,
  silenced,
  train,
} from "../_recipe-testing.ts"
import { caches, makeBackbone } from "../_tiny-backbone.ts"
import { aded, AdedConfig, readTable } from "./mod.ts"
import { adedRecipe, AdedRecipeConfig } from "./recipe-mod.ts"

const config: AdedRecipeConfig = Schema.decodeUnknownSync(AdedRecipeConfig)({
  prompts: 20,
  heldOutPrompts: 6,
  promptLength: 4,
  continuation: 20,
  batch: 5,
})

const own = { tasks: [letters], cache: caches }

const open: OpenRecipe = () =>
  Effect.succeed(adedRecipe(config, { ...own, backbone: (place) => makeBackbone(5, 2, {}, place) }))

test("what is counted of a model's own texts drafts what it says", async (t) => {
  const folder = folderFor(t)
  await train(open, folder, 4)
  const log = await run(readLog(join(folder, "log.jsonl")))
  assert.deepEqual(
    log.map(({ metrics }) => metrics["texts"]),
    [5, 10, 15, 20],
  )
  const { known } = log.at(-1)!.evaluation!
  assert.ok(known! > 0.3 && known! <= 1, `${known}`)
  const table = await run(readTable(folder))
  const settings = Schema.decodeUnknownSync(AdedConfig)({ bump: 0 })
  const drafted = await run(
    Effect.flatMap(makeBackbone(5, 2, {}), ({ model }) => draftedWith(model, aded(settings, table), 100, 40)),
  )
  assert.ok(drafted.meanAcceptanceLength > 1.3, `${drafted.meanAcceptanceLength}`)
})

test("steps beyond the last text count nothing more", async (t) => {
  const [four, six] = [folderFor(t), folderFor(t)]
  await train(open, four, 4)
  await train(open, six, 6)
  for (const name of ["table.safetensors", "table.json"])
    assert.ok(readFileSync(join(four, name)).equals(readFileSync(join(six, name))))
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", async (t) => {
  const [whole, broken] = [folderFor(t), folderFor(t)]
  await train(open, whole, 4)
  await assert.rejects(train(open, broken, 4, 2))
  assert.ok(!existsSync(join(broken, "table.safetensors")))
  await train(open, broken, 4)
  for (const name of ["table.safetensors", "table.json", join("texts", "train-00000.safetensors")])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(broken, name))))
  const [one, other] = await Promise.all(
    [whole, broken].map(async (folder) =>
      (await run(readLog(join(folder, "log.jsonl")))).map(({ step, metrics }) => ({ step, metrics })),
    ),
  )
  assert.deepEqual(one, other)
})

test("a model that says nothing is told by code", async (t) => {
  const silent = adedRecipe(config, {
    ...own,
    backbone: (place) => Effect.map(makeBackbone(5, 2, {}, place), silenced),
  })
  assert.equal(await refusal(t, silent), "recipe.short-answers")
})
