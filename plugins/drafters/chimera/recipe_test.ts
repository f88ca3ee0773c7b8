import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { collectText, type ParadeError } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import { referenceDevice } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import { speculative } from "@parade/speculative"
import type { Task } from "@parade/tasks"
import { greedySampler } from "@parade/test"
import { readLog } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { caches, parts, tinyBackbone, tinyLlama, tokenizer } from "./_testing.ts"
import { chimera, readChimera } from "./mod.ts"
import { chimeraRecipe, ChimeraRecipeConfig } from "./recipe-mod.ts"

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

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-chimera-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const own = { tasks: [letters], attention: parts.attention, cache: caches }

const train = (folder: string, steps: number, changes: object = {}, stopAfter = Infinity): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const recipe = chimeraRecipe(
        { ...config, ...changes },
        { ...own, backbone: (place) => tinyBackbone(5, place) },
      )
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("a few steps train a drafter that drafts what the model says", async (t) => {
  const folder = folderFor(t)
  await train(folder, 60)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(60) < at(20), `${at(60)} < ${at(20)}`)
  const trained = await run(readChimera(folder, parts.attention, 4))
  assert.equal(trained.accuracy.length, 2)
  assert.ok(trained.accuracy[0]![0]! > 0.4, String(trained.accuracy[0]![0]))
  const stats = await run(
    Effect.gen(function* () {
      const model = yield* tinyLlama(5)
      const drafter = yield* chimera(trained, parts, { nodes: 8, trigrams: 100 })
      const made = { model, drafter, verifier: exactMatch, sampler: greedySampler, cache: caches }
      const request = {
        prompt: [{ tokens: tokenizer.encode(letters.example("test", 100, 0).prompt) }],
        target: { kind: "continuation", maxTokens: 40 },
        seed: 0,
      } as const
      return (yield* collectText(speculative({ ...made, adaptive: false }).decode(request))).stats
    }),
  )
  assert.ok(stats.meanAcceptanceLength > 1.5, String(stats.meanAcceptanceLength))
})

test("a drafter can be trained without states or without trigrams", async (t) => {
  for (const without of ["states", "trigrams"] as const) {
    const folder = folderFor(t)
    await train(folder, 2, { without })
    const { weights, without: told } = await run(readChimera(folder, parts.attention, 4))
    assert.equal(told, without)
    const isMixed = weights.get("trigram.mix.weight")!.some((value) => value !== 0)
    assert.equal(isMixed, without === "states")
  }
})

test("a recipe that was stopped goes on to the same bytes, from the texts it kept", async (t) => {
  const [whole, broken] = [folderFor(t), folderFor(t)]
  await train(whole, 14)
  await assert.rejects(train(broken, 14, {}, 11))
  const texts = readFileSync(join(broken, "texts", "train-00000.safetensors"))
  await train(broken, 14)
  assert.ok(texts.equals(readFileSync(join(broken, "texts", "train-00000.safetensors"))))
  for (const name of ["drafter.safetensors", "chimera.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(broken, name))), name)
})

test("a model that says too little is told by code", async (t) => {
  const folder = folderFor(t)
  const silent = chimeraRecipe(config, {
    ...own,
    backbone: (device) =>
      Effect.map(tinyBackbone(5, device), (backbone) => {
        const endTokens = Array.from({ length: 24 }, (_, token) => token)
        return { ...backbone, model: { ...backbone.model, info: { ...backbone.model.info, endTokens } } }
      }),
  })
  const code = await run(
    Effect.match(silent.train({ folder, device: referenceDevice, steps: 1, onStep: () => {} }), {
      onFailure: (error) => error.code,
      onSuccess: () => "no failure",
    }),
  )
  assert.equal(code, "recipe.short-answers")
})
