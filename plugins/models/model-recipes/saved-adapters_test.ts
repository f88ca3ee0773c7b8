import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { isLowRank, lowRankRule, referenceDevice, tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import type { RecipeRun } from "@parade/recipes"
import { addParameters, makeParameterStore, mergedWeights, normals, readFeed } from "@parade/training"
import {
  freshTensors,
  namedTensors,
  readArchitecture,
  saveModel,
  trainingGraph,
  type TrainingRequest,
  weightPlaces,
} from "@parade/transformer"
import { openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import { saveTrained } from "./mod.ts"

const configs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  llada: {
    model_type: "llada",
    block_type: "llama",
    layer_norm_type: "rms",
    vocab_size: 16,
    d_model: 16,
    mlp_hidden_size: 24,
    n_layers: 2,
    n_heads: 4,
    n_kv_heads: 2,
    mask_token_id: 15,
  },
  llama: {
    model_type: "llama",
    vocab_size: 16,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
  },
}

const correction = { rank: 2, alpha: 5 }

for (const [type, config] of Object.entries(configs))
  test(`${type}: adapters written from a trained graph make of its checkpoint what merging them in the graph makes.`, async () => {
    const root = mkdtempSync(join(tmpdir(), "parade-saved-adapters-"))
    const [base, folder] = [join(root, "base"), join(root, "adapters")]
    const attention = groupedQueryAttention
    const architecture = readArchitecture(config, type)
    const tensors = namedTensors(freshTensors(architecture, attention, normals(1)))
    const request: TrainingRequest = {
      architecture,
      attention,
      tensors,
      sequences: { count: 1, length: 4 },
    }
    const draw = normals(3)
    const matches = (identity: string): boolean => /\.\d+\./.test(identity)
    const linear = lowRankRule({ ...correction, matches, draw })
    const graph = trainingGraph({ ...request, lowering: { kind: "exact", linear } })
    const store = makeParameterStore()
    addParameters(store, graph, isLowRank)
    const program = Effect.gen(function* () {
      // As if they had been trained: B starts as zeros.
      for (const [name, state] of store.states) {
        const next = draw(`trained ${name}`)
        const values = (yield* Effect.promise(() => readFeed(state.value))).map(() => Math.fround(next() / 8))
        store.states.set(name, { ...state, value: tensor("float32", state.value.dims, values) })
      }
      const places = weightPlaces(request)
      const plain = trainingGraph(request)
      const bytesOf = new Map(
        plain.initializers.map(({ identity, name, bytes }) => [
          identity ?? name,
          new Float32Array(bytes().slice().buffer),
        ]),
      )
      yield* saveModel(base, { config, places, read: (identity) => bytesOf.get(identity)! })
      const run: RecipeRun = { folder, device: referenceDevice, steps: 1, onStep: () => {} }
      yield* saveTrained(run, { recipe: "test", request, config, adapters: { ...correction, base } }, store)
      const adapted = yield* openCheckpoint(folder)
      const merged = yield* mergedWeights(graph, store, correction)
      let changed = 0
      for (const { name, collect } of places) {
        const expected = collect(merged)
        const actual = adapted.tensor(name).values()
        // Adapters are written in half precision.
        expected.forEach((value, i) => assert.ok(Math.abs(value - actual[i]!) < 2e-3, `${name} at ${i}`))
        const before = collect((identity) => bytesOf.get(identity)!)
        if (expected.some((value, i) => Math.abs(value - before[i]!) > 0.05)) changed++
      }
      assert.ok(changed >= 8, `${changed} tensors were changed`)
    })
    await Effect.runPromise(Effect.scoped(program)).finally(() =>
      rmSync(root, { recursive: true, force: true }),
    )
  })
