import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { plugin as arithmetic } from "@parade/arithmetic"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, composeAs, decodeText, DecoderKind, type ParadeError, registryOf } from "@parade/core"
import { plugin as exactBlockCache } from "@parade/exact-block-cache"
import { plugin as fastDllm } from "@parade/fast-dllm-v2"
import { recipe as fastDllmRecipe } from "@parade/fast-dllm-v2/recipe"
import { plugin as fixedCount } from "@parade/fixed-count"
import { groupedQueryAttention, plugin as groupedQuery } from "@parade/grouped-query"
import { openDevice } from "@parade/onnx"
import { chatTemplate, chatTokens, type Recipe, RecipeKind } from "@parade/recipes"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as subBlocks } from "@parade/sub-blocks"
import { plugin as threshold } from "@parade/threshold"
import { normals, readLog, saveTokenizer, trainTokenizer } from "@parade/training"
import {
  freshTensors,
  plugin as transformer,
  readArchitecture,
  saveModel,
  trainingGraph,
  weightPlaces,
} from "@parade/transformer"
import { plugin as wedlm, refresh, schedule, unmasker } from "@parade/wedlm"
import { recipe as wedlmRecipe } from "@parade/wedlm/recipe"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

const registry = registryOf([
  arithmetic,
  contiguous,
  exactBlockCache,
  fastDllm,
  fastDllmRecipe,
  fixedCount,
  groupedQuery,
  refresh,
  sampler,
  schedule,
  subBlocks,
  threshold,
  transformer,
  unmasker,
  wedlm,
  wedlmRecipe,
])

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-adaptation-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A Llama of random weights with a tokenizer for chats. */
const checkpoint = (folder: string): Promise<void> =>
  run(
    Effect.gen(function* () {
      const text = Array.from({ length: 50 }, (_, i) => `${i} + ${i + 1} = ${2 * i + 1}`).join("\n")
      const file = trainTokenizer([text], { vocabularySize: 280, special: chatTokens })
      const tokenizer = yield* saveTokenizer(folder, file, { endToken: chatTokens[0]!, chatTemplate })
      const config = {
        model_type: "llama",
        vocab_size: tokenizer.vocabularySize,
        hidden_size: 16,
        intermediate_size: 32,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        max_position_embeddings: 96,
        tie_word_embeddings: true,
        attention_bias: false,
      }
      const architecture = readArchitecture(config, "config")
      const tensors = freshTensors(architecture, groupedQueryAttention, normals(1))
      const sequences = { count: 1, length: 1 }
      const request = { architecture, attention: groupedQueryAttention, tensors, sequences }
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
  length: 32,
  batch: 2,
  rate: 1e-2,
  checkpointEvery: 4,
  evaluateEvery: 6,
  heldOutBatches: 2,
  answers: 2,
  maxTokens: 8,
}

const methods = [
  {
    use: "@parade/fast-dllm-v2",
    with: { ...settings, block: 4, subBlock: 2 },
    decoder: {
      schedule: {
        use: "@parade/sub-blocks",
        with: { length: 4, subLength: 2, align: "sequence", firstAlone: true },
      },
      refresh: { use: "@parade/exact-block-cache", with: { block: 4 } },
    },
    info: { maskedRowPredicts: "next", blockLength: 4 },
  },
  {
    use: "@parade/wedlm",
    with: { ...settings, block: 8, ends: 2, window: 4 },
    decoder: {},
    info: { maskedRowPredicts: "self", blockLength: 1 },
  },
] as const

const recipeOf = (
  { use, with: config }: (typeof methods)[number],
  source: string,
  change: object = {},
): Effect.Effect<Recipe, ParadeError, Scope> =>
  composeAs(
    RecipeKind,
    {
      use,
      with: { ...config, source, ...change },
      tasks: [{ use: "@parade/arithmetic", with: { operations: ["add"], digits: 1 } }],
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
  test(`${method.use} adapts a checkpoint in a few steps, which is decoded like any other, and goes on where it was stopped`, async (t) => {
    const [source, whole, parts] = [folderFor(t), folderFor(t), folderFor(t)]
    await checkpoint(source)
    const before = readFileSync(join(source, "model.safetensors"))
    await trained(recipeOf(method, source), whole)
    const log = await run(readLog(join(whole, "log.jsonl")))
    const [early, last] = [log[5]!.evaluation!, log[11]!.evaluation!]
    assert.ok(last["loss.arithmetic"]! < early["loss.arithmetic"]!)
    for (const key of Object.keys(last)) assert.ok(last[key]! >= 0, key)
    assert.ok("accuracy.before.arithmetic" in last)
    assert.match(readFileSync(join(whole, "README.md"), "utf8"), /before: correct/)
    assert.ok(readFileSync(join(source, "model.safetensors")).equals(before))

    const finished = await run(
      Effect.gen(function* () {
        const model = { use: "@parade/transformer", with: { source: whole, device: "cpu", threads: 1 } }
        const pipeline = { use: method.use, model, ...method.decoder }
        const decoder = yield* composeAs(DecoderKind, pipeline, { registry })
        const { info, tokenizer } = decoder.model
        assert.deepEqual(
          { maskedRowPredicts: info.maskedRowPredicts, blockLength: info.blockLength },
          method.info,
        )
        assert.equal(info.maskToken, info.vocabularySize - 1)
        assert.equal(tokenizer!.decode([info.maskToken], { skipSpecialTokens: false }), "<|mask|>")
        return yield* collectText(
          decodeText(decoder, [{ role: "user", content: "1+1=" }], { maxTokens: 6, seed: 1 }),
        )
      }),
    )
    assert.ok(finished.tokens.length > 0)

    await assert.rejects(trained(recipeOf(method, source), parts, 7))
    await trained(recipeOf(method, source), parts)
    assert.ok(
      readFileSync(join(whole, "model.safetensors")).equals(readFileSync(join(parts, "model.safetensors"))),
    )
  })

const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
  run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))

test("blocks that do not divide, shares for other tasks and checkpoints that are not there are told by code", async (t) => {
  const [folder, missing] = [folderFor(t), join(folderFor(t), "none")]
  const [blocks, window] = methods
  assert.equal(await codeOf(recipeOf(blocks, folder, { block: 5 })), "recipe.does-not-divide")
  assert.equal(await codeOf(recipeOf(blocks, folder, { subBlock: 3 })), "recipe.does-not-divide")
  assert.equal(await codeOf(recipeOf(window, folder, { shares: [1, 1] })), "recipe.bad-shares")
  const without = Effect.gen(function* () {
    const recipe = yield* recipeOf(window, missing)
    const device = yield* openDevice("cpu", { threads: 1 })
    yield* recipe.train({ folder, device, steps: 1, onStep: () => {} })
  })
  assert.equal(await codeOf(without), "weights.file-missing")
})
