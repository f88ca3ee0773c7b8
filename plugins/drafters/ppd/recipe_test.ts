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
import { caches, tinyBackbone, tinyLlama, tokenizer } from "./_testing.ts"
import { ppd, readPrompts } from "./mod.ts"
import { ppdRecipe, PpdRecipeConfig } from "./recipe-mod.ts"

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

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-ppd-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const train = (folder: string, steps: number, stopAfter = Infinity): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const recipe = ppdRecipe(config, {
        backbone: (own) => tinyBackbone(5, own),
        tasks: [letters],
        cache: caches,
      })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("a few steps train prompt tokens that draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(folder, 120)
  const log = await run(readLog(join(folder, "log.jsonl")))
  const at = (step: number): number => log[step - 1]!.evaluation!["loss.held out"]!
  assert.ok(at(120) < at(30), `${at(120)} < ${at(30)}`)
  const prompts = await run(readPrompts(folder, 4))
  assert.equal(prompts.vectors.length, 2)
  const accepted = (drafter: ReturnType<typeof ppd>): Promise<number> =>
    run(
      Effect.gen(function* () {
        const model = yield* tinyLlama(5)
        const parts = { model, drafter, verifier: exactMatch, sampler: greedySampler, cache: caches }
        const request = {
          prompt: [{ tokens: tokenizer.encode(letters.example("test", 100, 0).prompt) }],
          target: { kind: "continuation", maxTokens: 40 },
          seed: 0,
        } as const
        return (yield* collectText(speculative(parts).decode(request))).stats.meanAcceptanceLength
      }),
    )
  const trained = await accepted(ppd(prompts, 16))
  const vectors = prompts.vectors.map((vector) => vector.map((value, i) => (i % 2 === 0 ? -3 : 3) * value))
  const spoilt = await accepted(ppd({ ...prompts, vectors }, 16))
  assert.ok(trained > 1.2 && trained > spoilt, `${trained}, spoilt ${spoilt}`)
})

test("a recipe that was stopped goes on to the same bytes", async (t) => {
  const [whole, parts] = [folderFor(t), folderFor(t)]
  await train(whole, 20)
  await assert.rejects(train(parts, 20, 11))
  await train(parts, 20)
  for (const name of ["prompts.safetensors", "prompts.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(parts, name))), name)
})

test("a model that says too little is told by code", async (t) => {
  const folder = folderFor(t)
  const silent = ppdRecipe(config, {
    backbone: (device) =>
      Effect.map(tinyBackbone(5, device), (backbone) => {
        const endTokens = Array.from({ length: 24 }, (_, token) => token)
        return { ...backbone, model: { ...backbone.model, info: { ...backbone.model.info, endTokens } } }
      }),
    tasks: [letters],
    cache: caches,
  })
  const code = await run(
    Effect.match(silent.train({ folder, device: referenceDevice, steps: 1, onStep: () => {} }), {
      onFailure: (error) => error.code,
      onSuccess: () => "no failure",
    }),
  )
  assert.equal(code, "recipe.short-answers")
})
