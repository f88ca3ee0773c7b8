import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { collectText, type ParadeError } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import { referenceDevice } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import { ownTexts } from "@parade/drafter-recipes"
import type { Recipe } from "@parade/recipes"
import { speculative } from "@parade/speculative"
import type { Task } from "@parade/tasks"
import { greedySampler } from "@parade/test"
import { makeParameterStore, readLog, addParameters } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { caches, layer, tinyBackbone, tinyLlama, tokenizer, width } from "./_testing.ts"
import { identityMap } from "./map-graph.ts"
import { accuracyMeter } from "./measure-accuracy.ts"
import { hiddenTransfer, readMaps, type TransferMaps } from "./mod.ts"
import { hiddenTransferRecipe, HiddenTransferRecipeConfig } from "./recipe-mod.ts"
import { isMap, transferLoss } from "./transfer-loss.ts"

/** Prompts of a few letters; there is nothing to answer. */
const letters: Task = {
  name: "letters",
  description: "letters",
  categories: ["letters"],
  example: (split, index, seed) => {
    const first = (7 * index + seed + (split === "test" ? 3 : 0)) % 20
    return {
      id: `${split}-${index}`,
      category: "letters",
      instance: String(index),
      prompt: tokenizer.decode([first, (first + 5) % 20, (first * 3) % 20]),
      answer: "",
      score: () => ({ correct: false, value: 0 }) as never,
    }
  },
}

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

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-hidden-transfer-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const train = (folder: string, steps: number, stopAfter = Infinity): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const recipe = hiddenTransferRecipe(config, {
        backbone: (own) => tinyBackbone(13, own),
        tasks: [letters],
        cache: caches,
      })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("a few steps train maps that are right more often than the identity, and draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(folder, 120)
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
        const parts = { model, drafter, verifier: exactMatch, sampler: greedySampler, cache: caches }
        let count = 0
        for (let i = 0; i < 6; i++) {
          const request = {
            prompt: [{ tokens: tokenizer.encode(letters.example("test", i, 0).prompt) }],
            target: { kind: "continuation", maxTokens: 30 },
            seed: 0,
          } as const
          count += (yield* collectText(speculative(parts).decode(request))).stats.rounds
        }
        return count
      }),
    )
  const trained = await rounds(maps)
  const before = await rounds({ ...maps, weights: maps.weights.map(() => identityMap(width)) })
  assert.ok(trained < before && before <= 180, `${trained} rounds, ${before} before`)
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", async (t) => {
  const [whole, parts] = [folderFor(t), folderFor(t)]
  await train(whole, 20)
  await assert.rejects(train(parts, 20, 11))
  const states = readFileSync(join(parts, "texts", "train-00000.safetensors"))
  await train(parts, 20)
  assert.ok(states.equals(readFileSync(join(parts, "texts", "train-00000.safetensors"))))
  for (const name of ["maps.safetensors", "maps.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(parts, name))), name)
})

test("a model that says too little, or has no layers above, is told by code", async (t) => {
  const folder = folderFor(t)
  const silent = hiddenTransferRecipe(config, {
    backbone: (device) =>
      Effect.map(tinyBackbone(13, device), (backbone) => {
        const endTokens = Array.from({ length: 24 }, (_, token) => token)
        return { ...backbone, model: { ...backbone.model, info: { ...backbone.model.info, endTokens } } }
      }),
    tasks: [letters],
    cache: caches,
  })
  const codeOf = (recipe: Recipe): Promise<string> =>
    run(
      Effect.match(recipe.train({ folder, device: referenceDevice, steps: 1, onStep: () => {} }), {
        onFailure: (error) => error.code,
        onSuccess: () => "no failure",
      }),
    )
  assert.equal(await codeOf(silent), "recipe.short-answers")
  const last = hiddenTransferRecipe(
    { ...config, layer: 3 },
    { backbone: (device) => tinyBackbone(13, device), tasks: [letters], cache: caches },
  )
  assert.equal(await codeOf(last), "recipe.bad-layer")
})
