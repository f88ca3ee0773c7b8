import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { TestContext } from "node:test"
import { uniform } from "@parade/core"
import {
  GraphBuilder,
  copyGraph,
  crossEntropy,
  isLowRank,
  lowRankRule,
  referenceDevice,
  tensor,
} from "@parade/graph"
import type { Device, Feeds, Graph, Tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { openDevice } from "@parade/onnx"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  makeParameterStore,
  mergedWeights,
} from "@parade/training"
import type { ParameterStore } from "@parade/training"
import { openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import { readArchitecture, supportedArchitectures } from "./architectures.ts"
import { freshTensors } from "./fresh-tensors.ts"
import { tensorsOf } from "./load.ts"
import { saveModel } from "./save-model.ts"
import { trainingFeeds } from "./training-feeds.ts"
import { trainingGraph } from "./training-graph.ts"
import type { TrainingRequest } from "./training-graph.ts"
import { namedTensors, weightPlaces } from "./weight-places.ts"

const lladaConfig: Record<string, unknown> = {
  model_type: "llada",
  vocab_size: 16,
  d_model: 16,
  mlp_hidden_size: 24,
  n_layers: 2,
  n_heads: 4,
  n_kv_heads: 2,
  max_sequence_length: 64,
  weight_tying: false,
  mask_token_id: 15,
}

const llamaConfig = (type: string): Record<string, unknown> => ({
  model_type: type,
  vocab_size: 16,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  max_position_embeddings: 64,
  tie_word_embeddings: type === "llama",
  ...(type === "mistral" ? { sliding_window: 4 } : {}),
})

const config = (type: string): Record<string, unknown> => (type === "llada" ? lladaConfig : llamaConfig(type))

const draw = (name: string): (() => number) => {
  let i = 0
  return () => 3 * (uniform(name.length, "noise", i++) - 0.5)
}

const requestOf = (type: string): TrainingRequest => {
  const architecture = readArchitecture(config(type), type)
  return {
    architecture,
    attention: groupedQueryAttention,
    tensors: freshTensors(architecture, groupedQueryAttention, draw),
    sequences: { count: 2, length: 8 },
  }
}

const lossGraph = (request: TrainingRequest): Graph => {
  const g = new GraphBuilder("loss")
  const logits = copyGraph(g, trainingGraph(request)).get("logits")!
  g.output("loss", crossEntropy(g, logits, g.input("targets", "int64", [16])))
  return g.build()
}

/** Sequences that count upwards. */
const feedsOf = ({ architecture, attention }: TrainingRequest, seed: number): Feeds => {
  const rows = [0, 1].map((i) => Array.from({ length: 9 }, (_, j) => (7 * i + 3 * seed + j) % 16))
  return {
    ...trainingFeeds(
      architecture,
      attention,
      rows.map((row) => ({ tokens: row.slice(0, 8) })),
    ),
    targets: tensor(
      "int64",
      [16],
      BigInt64Array.from(
        rows.flatMap((row) => row.slice(1)),
        BigInt,
      ),
    ),
  }
}

const trained = Effect.fnUntraced(function* (device: Device, request: TrainingRequest, steps: number) {
  const graph = lossGraph({ ...request, lowering: { kind: device.lowering, without: device.without } })
  const step = yield* compileStep(device, graph)
  const store = makeParameterStore()
  addParameters(store, graph)
  const losses: number[] = []
  for (let i = 0; i < steps; i++)
    losses.push((yield* step.run(store, [feedsOf(request, i)], 0.01)).metrics["loss"]!)
  return { store, losses }
})

const readerOf =
  (store: ParameterStore): ((identity: string) => Float32Array) =>
  (identity) =>
    (store.states.get(identity)!.value as Tensor).data as Float32Array

const lossOf = Effect.fnUntraced(function* (request: TrainingRequest) {
  const program = yield* referenceDevice.compile(lossGraph(request))
  const { loss } = (yield* program.run(feedsOf(request, 5), [{ name: "loss" }])) as { readonly loss: Tensor }
  return Number(loss.data[0])
})

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-model-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

for (const type of ["llama", "qwen2", "qwen3", "mistral", "gemma3_text", "llada", "Dream"])
  test(`a new ${type} learns to count, and what is saved is what was trained`, async (t) => {
    const folder = folderFor(t)
    const program = Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const request = requestOf(type)
      const { store, losses } = yield* trained(device, request, 60)
      assert.ok(losses.at(-1)! < 0.5 * losses[0]!, `${losses[0]} to ${losses.at(-1)}`)
      const read = readerOf(store)
      yield* saveModel(folder, { config: config(type), places: weightPlaces(request), read })
      const checkpoint = yield* openCheckpoint(folder)
      assert.deepEqual([...checkpoint.tensors.keys()].sort(), [...request.tensors.names].sort())
      const again = yield* lossOf({ ...request, tensors: namedTensors(tensorsOf(checkpoint, "fp32")) })
      const graph = lossGraph(request)
      const weights = graph.initializers.map((initializer) =>
        initializer.weight === true
          ? { ...initializer, bytes: () => new Uint8Array(read(initializer.identity!).buffer) }
          : initializer,
      )
      const direct = yield* referenceDevice.compile({ ...graph, initializers: weights })
      const { loss } = (yield* direct.run(feedsOf(request, 5), [{ name: "loss" }])) as {
        readonly loss: Tensor
      }
      assert.equal(again, Number(loss.data[0]))
    })
    await Effect.runPromise(Effect.scoped(program))
  })

test("training a new model twice on the processor gives the same bytes", async () => {
  const program = Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 2 })
    const [one, two] = [
      yield* trained(device, requestOf("llama"), 8),
      yield* trained(device, requestOf("llama"), 8),
    ]
    assert.deepEqual(one.losses, two.losses)
    for (const name of one.store.states.keys())
      assert.deepEqual(readerOf(one.store)(name), readerOf(two.store)(name), name)
  })
  await Effect.runPromise(Effect.scoped(program))
})

test("a family that does not bear Llama's names cannot be started from nothing", () => {
  const architecture = readArchitecture(
    { model_type: "gpt2", vocab_size: 16, n_embd: 16, n_head: 4, n_layer: 1 },
    "gpt2",
  )
  assert.ok(supportedArchitectures.includes("gpt2"))
  assert.throws(() => freshTensors(architecture, groupedQueryAttention, draw), {
    code: "model.unsupported-architecture",
  })
})

test("a correction of low rank is trained beside a loaded checkpoint, and saved merged into it", async (t) => {
  const [base, folder] = [folderFor(t), folderFor(t)]
  const correction = { rank: 2, alpha: 4 }
  const program = Effect.gen(function* () {
    const fresh = requestOf("mistral")
    const start = lossGraph(fresh).initializers.filter(({ weight }) => weight === true)
    const bytes = new Map(start.map((one) => [one.identity!, one.bytes().slice()]))
    yield* saveModel(base, {
      config: config("mistral"),
      places: weightPlaces(fresh),
      read: (identity) => new Float32Array(bytes.get(identity)!.buffer),
    })
    const loaded = yield* openCheckpoint(base)
    const request = { ...fresh, tensors: namedTensors(tensorsOf(loaded, "fp32")) }
    const device = yield* openDevice("cpu", { threads: 1 })
    const linear = lowRankRule({ ...correction, matches: () => true, draw })
    const lowering = { kind: device.lowering, without: device.without, linear }
    const graph = lossGraph({ ...request, lowering })
    const step = yield* compileStep(device, graph, { trainable: isLowRank })
    const store = makeParameterStore()
    addParameters(store, graph, isLowRank)
    assert.ok(step.parameters.length >= 12 && step.parameters.every(({ name }) => isLowRank(name)))
    const losses: number[] = []
    for (let i = 0; i < 40; i++)
      losses.push((yield* step.run(store, [feedsOf(request, i)], 0.02)).metrics["loss"]!)
    assert.ok(losses.at(-1)! < 0.8 * losses[0]!, `${losses[0]} to ${losses.at(-1)}`)
    const read = yield* mergedWeights(graph, store, correction)
    yield* saveModel(folder, { config: config("mistral"), places: weightPlaces(request), read })
    const merged = yield* openCheckpoint(folder)
    const found = yield* lossOf({ ...request, tensors: namedTensors(tensorsOf(merged, "fp32")) })
    const evaluate = yield* compileEvaluation(device, graph, isLowRank)
    const { loss } = yield* evaluate(store, feedsOf(request, 5))
    assert.ok(Math.abs(found - loss!) < 1e-4, `${found}, not ${loss}`)
    const untouched = ["model.embed_tokens.weight", "model.norm.weight"]
    for (const name of untouched)
      assert.deepEqual(merged.tensors.get(name)!.bytes(), loaded.tensors.get(name)!.bytes())
  })
  await Effect.runPromise(Effect.scoped(program))
})
