import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { collectText, type ParadeError } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import { referenceDevice } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import { type MedusaRecipeConfig as Config } from "./recipe-config.ts"
import { speculative } from "@parade/speculative"
import type { Task } from "@parade/tasks"
import { greedySampler, nullModel } from "@parade/test"
import { readLog } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { caches, tinyLlama, tokenizer, width } from "./_testing.ts"
import { medusa, readHeads } from "./mod.ts"
import { medusaRecipe, MedusaRecipeConfig } from "./recipe-mod.ts"

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

const config: Config = Schema.decodeUnknownSync(MedusaRecipeConfig)({
  heads: 3,
  prompts: 20,
  heldOutPrompts: 6,
  continuation: 24,
  batch: 32,
  rate: 0.02,
  checkpointEvery: 8,
  evaluateEvery: 30,
})

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-medusa-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const train = (
  folder: string,
  steps: number,
  stopAfter = Infinity,
  changed: Partial<Config> = {},
): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const model = yield* tinyLlama(5, device)
      const recipe = medusaRecipe({ ...config, ...changed }, { model, tasks: [letters], cache: caches })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("a few steps train heads that draft what the model says", async (t) => {
  const folder = folderFor(t)
  await train(folder, 60)
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
      const model = yield* tinyLlama(5)
      const drafter = yield* medusa(heads, referenceDevice, { nodes: 8, tree: "confident" })
      const parts = {
        model,
        drafter,
        verifier: exactMatch,
        sampler: greedySampler,
        cache: caches,
        adaptive: false,
      }
      const tokens = tokenizer.encode(letters.example("test", 100, 0).prompt)
      const request = {
        prompt: [{ tokens }],
        target: { kind: "continuation", maxTokens: 40 },
        seed: 0,
      } as const
      return (yield* collectText(speculative(parts).decode(request))).stats
    }),
  )
  // The text is soon a loop, which trained heads draft and untrained ones do not.
  assert.ok(stats.meanAcceptanceLength > 1.6, String(stats.meanAcceptanceLength))
})

test("heads with a draft vocabulary guess among the model's most frequent tokens", async (t) => {
  const folder = folderFor(t)
  await train(folder, 60, Infinity, { draftVocabulary: 6 })
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
  await train(other, 60, Infinity, {
    draftVocabulary: 6,
    draftRows: "trained",
    labels: "distributions",
    outputMatrix: true,
    newestToken: true,
  })
  const learnt = await run(readHeads(other, 16))
  assert.deepEqual(learnt.draft!.tokens, tokens)
  assert.notDeepEqual(learnt.draft!.rows, rows)
  assert.ok(learnt.accuracy[0]![0]! > 0.3, learnt.accuracy.join(" "))
  assert.equal(learnt.temperatures!.length, 3)
  // Embeddings come at unit length per number.
  const embeddings = learnt.draft!.embeddings!
  assert.ok(
    Math.abs(embeddings.reduce((sum, value) => sum + value * value, 0) / embeddings.length - 1) < 1e-2,
  )
  for (const { output, token } of learnt.weights)
    assert.ok(output !== undefined && token!.some((value) => value !== 0))
  assert.ok(heads.accuracy[0]!.length === 6 && heads.accuracy[0]![0]! > 0.3, heads.accuracy.join(" "))
})

test("a recipe that was stopped goes on to the same bytes, from the states it kept", async (t) => {
  const [whole, parts] = [folderFor(t), folderFor(t)]
  await train(whole, 20)
  await assert.rejects(train(parts, 20, 11))
  const states = readFileSync(join(parts, "texts", "train-00000.safetensors"))
  await train(parts, 20)
  assert.ok(states.equals(readFileSync(join(parts, "texts", "train-00000.safetensors"))))
  for (const name of ["heads.safetensors", "heads.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(parts, name))), name)
})

const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
  run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))

test("models that cannot be trained for are told by code", async (t) => {
  const folder = folderFor(t)
  const code = (model: Parameters<typeof medusaRecipe>[1]["model"]): Promise<string> =>
    codeOf(
      medusaRecipe(config, { model, tasks: [letters], cache: caches }).train({
        folder,
        device: referenceDevice,
        steps: 1,
        onStep: () => {},
      }),
    )
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
