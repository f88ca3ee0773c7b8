import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { plugin as arithmetic } from "@parade/arithmetic"
import { plugin as blocks } from "@parade/blocks"
import { plugin as budget } from "@parade/budget"
import { plugin as capped } from "@parade/capped"
import { recipe as cd4lmRecipe } from "@parade/cd4lm/recipe"
import { plugin as contiguous } from "@parade/contiguous"
import { composeAs, definePlugin, type ParadeError, registryOf } from "@parade/core"
import { plugin as digitSums } from "@parade/digit-sums"
import { recipe as dparallelRecipe } from "@parade/dparallel/recipe"
import { plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fixedCount } from "@parade/fixed-count"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { groupedQueryAttention, plugin as groupedQuery } from "@parade/grouped-query"
import { recipe as napRecipe } from "@parade/nap/recipe"
import { openDevice } from "@parade/onnx"
import { plugin as openBlocks } from "@parade/open-blocks"
import { chatTemplate, chatTokens, type Recipe, RecipeKind } from "@parade/recipes"
import { plugin as sampler } from "@parade/standard-sampler"
import { recipe as tadRecipe } from "@parade/tad/recipe"
import { collectionTask, TaskKind } from "@parade/tasks"
import { plugin as threshold } from "@parade/threshold"
import { normals, readLog, saveTokenizer, trainTokenizer } from "@parade/training"
import { freshTensors, readArchitecture, saveModel, trainingGraph, weightPlaces } from "@parade/transformer"
import { plugin as traces } from "@parade/traces"
import { plugin as wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"

/** Sums of which every answer is right: what random weights are recorded with. */
const lenient = definePlugin({
  kind: TaskKind,
  name: "@some/lenient",
  summary: "Sums, whatever they are.",
  config: Schema.Struct({}),
  make: () =>
    Effect.succeed(
      collectionTask({
        name: "@some/lenient",
        description: "sums",
        category: "sum",
        size: { train: 50, test: 50 },
        at: (split, place) => ({
          instance: `${split} ${place}`,
          prompt: `${place}+${split === "train" ? 1 : 2}=`,
          answer: `${place + (split === "train" ? 1 : 2)}`,
          score: () => ({ correct: true, strict: true, partial: 1 }),
        }),
      }),
    ),
})

const registry = registryOf([
  arithmetic,
  blocks,
  budget,
  capped,
  cd4lmRecipe,
  contiguous,
  digitSums,
  dparallelRecipe,
  entropyThreshold,
  fixedCount,
  fullRefresh,
  groupedQuery,
  lenient,
  napRecipe,
  openBlocks,
  sampler,
  tadRecipe,
  threshold,
  traces,
  wholeCanvas,
])

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-distillation-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A LLaDA of random weights with a tokenizer for chats. */
const checkpoint = (folder: string, mask = true): Promise<void> =>
  run(
    Effect.gen(function* () {
      const text = Array.from({ length: 50 }, (_, i) => `${i} + ${i + 1} = ${2 * i + 1}`).join("\n")
      const file = trainTokenizer([text], { vocabularySize: 280, special: [...chatTokens, "<|mask|>"] })
      const extras = { endToken: chatTokens[0]!, chatTemplate, maskToken: "<|mask|>" }
      const tokenizer = yield* saveTokenizer(folder, file, extras)
      const config = {
        model_type: "llada",
        block_type: "llama",
        layer_norm_type: "rms",
        d_model: 16,
        n_heads: 2,
        n_kv_heads: 2,
        n_layers: 1,
        mlp_hidden_size: 32,
        max_sequence_length: 96,
        vocab_size: tokenizer.vocabularySize,
        eos_token_id: 0,
        ...(mask ? { mask_token_id: chatTokens.length } : {}),
      }
      const attention = groupedQueryAttention
      const architecture = readArchitecture(config, "config")
      const tensors = freshTensors(architecture, attention, normals(1))
      const request = { architecture, attention, tensors, sequences: { count: 1, length: 1 } }
      const values = new Map(
        trainingGraph(request).initializers.map(({ identity, name, bytes }) => [
          identity ?? name,
          new Float32Array(bytes().slice().buffer),
        ]),
      )
      const places = weightPlaces(request)
      yield* saveModel(folder, { config, places, read: (identity) => values.get(identity)! })
    }),
  )

const settings = {
  shares: [1],
  length: 48,
  batch: 2,
  rate: 1e-2,
  checkpointEvery: 4,
  evaluateEvery: 6,
  heldOutBatches: 2,
  answers: 2,
  maxTokens: 8,
}

const sums = { use: "@parade/arithmetic", with: { operations: ["add"], digits: 1 } }

interface Method {
  readonly use: string
  readonly with: object
  readonly task: object
  /** A loss that falls within a few steps. */
  readonly falls: string
  /** The file of what was trained. */
  readonly writes?: string
}

const methods: readonly Method[] = [
  { use: "@parade/cd4lm", with: { ...settings, ends: 2, rank: 0 }, task: sums, falls: "ce" },
  {
    use: "@parade/tad",
    with: { ...settings, trajectories: 6, delta: 3, reference: "{answer}", rank: 2 },
    task: { use: "@some/lenient" },
    falls: "ce",
    writes: "adapter_model.safetensors",
  },
  {
    use: "@parade/dparallel",
    with: { ...settings, questions: 6, block: 5, rank: 2 },
    task: { use: "@some/lenient" },
    falls: "ce",
    writes: "adapter_model.safetensors",
  },
  {
    use: "@parade/nap",
    with: { ...settings, length: 64, traceLength: 10, rank: 0 },
    task: { use: "@parade/digit-sums" },
    falls: "loss",
  },
  {
    use: "@parade/nap",
    with: { ...settings, length: 64, traceLength: 10, rank: 2 },
    task: { use: "@parade/digit-sums", with: { base: 3, order: "turned" } },
    falls: "loss",
    writes: "adapter_model.safetensors",
  },
]

const recipeOf = (
  { use, with: config, task }: Method,
  source: string,
  change: object = {},
): Effect.Effect<Recipe, ParadeError, Scope> =>
  composeAs(
    RecipeKind,
    {
      use,
      with: { ...config, source, ...change },
      tasks: [task],
    },
    { registry, base: tmpdir() },
  )

const trained = (recipe: Effect.Effect<Recipe, ParadeError, Scope>, folder: string, stopAfter = Infinity) =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* (yield* recipe).train({ folder, device, steps: 12, onStep })
    }),
  )

for (const method of methods)
  test(`${method.use}${method.writes === undefined ? "" : ", by corrections of low rank,"} trains a checkpoint further in a few steps, leaves it as it was, and goes on where it was stopped.`, async (t) => {
    const [source, whole, parts] = [folderFor(t), folderFor(t), folderFor(t)]
    await checkpoint(source)
    const before = readFileSync(join(source, "model.safetensors"))
    await trained(recipeOf(method, source), whole)
    const log = await run(readLog(join(whole, "log.jsonl")))
    const [early, last] = [log[5]!.evaluation!, log[11]!.evaluation!]
    const key = Object.keys(last).find((name) => name.startsWith(`${method.falls}.`))!
    assert.ok(last[key]! < early[key]!, `${last[key]} after ${early[key]}`)
    for (const [name, value] of Object.entries(last)) assert.ok(Number.isFinite(value), name)
    assert.ok(Object.keys(last).some((name) => name.startsWith("accuracy.before-")))
    assert.match(readFileSync(join(whole, "README.md"), "utf8"), /before-\S+: correct/)
    assert.ok(readFileSync(join(source, "model.safetensors")).equals(before))

    await assert.rejects(trained(recipeOf(method, source), parts, 7))
    await trained(recipeOf(method, source), parts)
    const { writes = "model.safetensors" } = method
    assert.ok(readFileSync(join(whole, writes)).equals(readFileSync(join(parts, writes))))
  })

test("A teacher that answers nothing right, and questions too long, are told by code.", async (t) => {
  const folder = folderFor(t)
  await checkpoint(folder)
  const [, tad, dparallel, nap] = methods
  const codeOf = (method: Method, change: object): Promise<string> =>
    run(
      Effect.gen(function* () {
        const device = yield* openDevice("cpu", { threads: 1 })
        const recipe = yield* recipeOf(method, folder, change)
        yield* recipe.train({ folder: folderFor(t), device, steps: 1, onStep: () => {} })
      }).pipe(Effect.match({ onFailure: ({ code }) => code, onSuccess: () => "no failure" })),
    )
  assert.equal(await codeOf({ ...tad!, task: sums }, {}), "recipe.no-trajectories")
  assert.equal(await codeOf(tad!, { length: 10 }), "recipe.too-long")
  assert.equal(await codeOf({ ...dparallel!, task: sums }, {}), "recipe.no-answers")
  assert.equal(await codeOf(dparallel!, { length: 10 }), "recipe.too-long")
  assert.equal(await codeOf({ ...nap!, task: sums }, {}), "recipe.no-derivations")
  assert.equal(await codeOf(nap!, { length: 30 }), "recipe.too-long")
})

test("A checkpoint without a mask, and shares for other tasks, are told by code.", async (t) => {
  const folder = folderFor(t)
  await checkpoint(folder, false)
  const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
    run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))
  const [method] = methods
  assert.equal(await codeOf(recipeOf(method!, folder, { shares: [1, 1] })), "recipe.bad-shares")
  const without = Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 1 })
    const recipe = yield* recipeOf(method!, folder)
    yield* recipe.train({ folder: folderFor(t), device, steps: 1, onStep: () => {} })
  })
  assert.equal(await codeOf(without), "model.no-mask-token")
})
