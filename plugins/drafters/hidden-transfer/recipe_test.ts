import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { ownTexts } from "@parade/drafter-recipes"
import { referenceDevice } from "@parade/graph"
import { addParameters, makeParameterStore, readLog } from "@parade/training"
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
import { caches, layer, tinyBackbone, tinyLlama, width } from "./_testing.ts"
import { identityMap } from "./map-graph.ts"
import { accuracyMeter } from "./measure-accuracy.ts"
import { hiddenTransfer, readMaps, type TransferMaps } from "./mod.ts"
import { hiddenTransferRecipe, HiddenTransferRecipeConfig } from "./recipe-mod.ts"
import { isMap, transferLoss } from "./transfer-loss.ts"

const config: HiddenTransferRecipeConfig = Schema.decodeUnknownSync(HiddenTransferRecipeConfig)({
  layer,
  pseudoStates: 2,
  prompts: 20,
  heldOutPrompts: 6,
  promptLength: 4,
  continuation: 20,
  anchors: 8,
  rate: 0.02,
  checkpointEvery: 8,
  evaluateEvery: 30,
})

const own = { tasks: [letters], cache: caches }

const opened =
  (changes: Partial<HiddenTransferRecipeConfig>): OpenRecipe =>
  () =>
    Effect.succeed(
      hiddenTransferRecipe(
        { ...config, ...changes },
        { ...own, backbone: (place) => tinyBackbone(13, place) },
      ),
    )

const open = opened({})

test("a few steps train maps that are right more often than the identity, and draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(open, folder, 120)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(120) < at(30), `${at(120)} < ${at(30)}`)
  const maps = await run(readMaps(folder, layer, 4))
  assert.equal(maps.weights.length, 2)
  const [first, second] = maps.accuracy.map((row) => row[0]!) as [number, number]
  const untrained = await run(
    Effect.gen(function* () {
      const backbone = yield* tinyBackbone(13)
      const layout = { batch: 1, length: 24, anchors: 8, ahead: 2, layer }
      const store = makeParameterStore()
      const graph = transferLoss(backbone, layout, 1, { kind: "exact" })
      addParameters(store, graph, isMap)
      const texts = yield* ownTexts(folder, backbone.model, { tasks: [letters], cache: caches }, config, {
        least: 3,
        output: `hidden.${layer}`,
        tooShort: { than: "2 tokens", advice: "" },
      })
      const measure = yield* accuracyMeter(referenceDevice, backbone, layout)
      return (yield* measure(store, texts.heldOut)).accuracy.map((row) => row[0]!)
    }),
  )
  assert.ok(first > untrained[0]! && second > untrained[1]!, `${untrained.join()} before`)
  const rounds = (some: TransferMaps): Promise<number> =>
    run(
      Effect.gen(function* () {
        const model = yield* tinyLlama(13)
        const drafter = yield* hiddenTransfer(some, referenceDevice, 16)
        let count = 0
        for (let i = 0; i < 6; i++) count += (yield* draftedWith(model, drafter, i, 30)).rounds
        return count
      }),
    )
  const trained = await rounds(maps)
  const before = await rounds({ ...maps, weights: maps.weights.map(() => identityMap(width)) })
  assert.ok(trained < before && before <= 180, `${trained} rounds, ${before} before`)
})

test("maps that are compared at the most frequent tokens alone learn too, from the beginnings of texts", async (t) => {
  const folder = folderFor(t)
  await train(opened({ draftVocabulary: 12, textLength: 20 }), folder, 60)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(60) < at(30), `${at(60)} < ${at(30)}`)
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", (t) =>
  assertResumes(t, open, { steps: 20, stopAfter: 11, files: ["maps.safetensors", "maps.json"] }))

test("a model that says too little, or has no layers above, is told by code", async (t) => {
  const silent = hiddenTransferRecipe(config, {
    ...own,
    backbone: (place) => Effect.map(tinyBackbone(13, place), silenced),
  })
  assert.equal(await refusal(t, silent), "recipe.short-answers")
  const last = hiddenTransferRecipe(
    { ...config, layer: 3 },
    { ...own, backbone: (place) => tinyBackbone(13, place) },
  )
  assert.equal(await refusal(t, last), "recipe.bad-layer")
})
