import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { bidirectional } from "@parade/core"
import {
  GraphBuilder,
  copyGraph,
  crossEntropy,
  embedding,
  gradients,
  meanOverRows,
  multiplyDimensions,
  referenceDevice,
  tensor,
} from "@parade/graph"
import type { Device, Feeds, Graph, Tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { openDevice } from "@parade/onnx"
import { sharedOrSkip } from "@parade/test/shared"
import { addParameters, compileStep, makeParameterStore, parameterName } from "@parade/training"
import { finiteValues, openCheckpoint, openSafetensors } from "@parade/weights"
import type { Safetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { readArchitecture } from "./architectures.ts"
import { tensorsOf } from "./load.ts"
import { trainingFeeds } from "./training-feeds.ts"
import type { TrainingSequence } from "./training-feeds.ts"
import { trainingGraph } from "./training-graph.ts"
import type { TrainingRequest } from "./training-graph.ts"
import { namedTensors, weightPlaces } from "./weight-places.ts"
import type { TensorPlaces } from "./weight-places.ts"

interface Reference {
  readonly input_ids: readonly number[]
  readonly loss: number
  readonly losses_adamw: readonly number[]
  readonly grad_norms_before_clipping: readonly number[]
  readonly after5_tensors: readonly string[]
}

const families = ["llama", "llama-tied-llama3rope", "qwen2", "qwen3", "gpt2", "gemma3"]

/** The mean cross-entropy of each row's next token, but for the last one's. */
const lossGraph = (request: TrainingRequest): Graph => {
  const g = new GraphBuilder("loss")
  const outputs = copyGraph(g, trainingGraph(request))
  const { count, length } = request.sequences
  const rows = multiplyDimensions(count, length)
  const weights = g.input("weights", "float32", [rows])
  const losses = outputs.get("losses")
  const loss =
    losses === undefined
      ? crossEntropy(g, outputs.get("logits")!, g.input("targets", "int64", [rows]), weights)
      : meanOverRows(g, losses, weights)
  g.output("loss", loss)
  return g.build()
}

const feedsOf = (request: TrainingRequest, ids: readonly number[]): Feeds => ({
  ...trainingFeeds(request.architecture, request.attention, [{ tokens: ids }]),
  targets: tensor("int64", [ids.length], BigInt64Array.from([...ids.slice(1), 0], BigInt)),
  weights: tensor(
    "float32",
    [ids.length],
    Float32Array.from(ids, (_, i) => Number(i < ids.length - 1)),
  ),
})

/** A fixture checkpoint as it is trained, with the reference's numbers. */
const openModel = Effect.fnUntraced(function* (shared: string, name: string, device: Device) {
  const checkpoint = yield* openCheckpoint(join(shared, "tiny-hf", name))
  const architecture = readArchitecture(checkpoint.config, name)
  const all = JSON.parse(readFileSync(join(shared, "grad", "reference.json"), "utf8")) as {
    readonly models: Readonly<Record<string, Reference>>
  }
  const reference = all.models[name]!
  const request: TrainingRequest = {
    architecture,
    attention: groupedQueryAttention,
    tensors: namedTensors(tensorsOf(checkpoint, "fp32")),
    sequences: { count: 1, length: reference.input_ids.length },
    lowering: { kind: device.lowering, without: device.without },
  }
  const expected = yield* openSafetensors(join(shared, "grad", `${name}.safetensors`))
  return { request, reference, expected, places: weightPlaces(request) }
})

const valuesOf = (file: Safetensors, name: string): Float32Array => finiteValues(file.tensors.get(name)!)

/** How far a tensor is from the reference's, as a share of the reference's largest; over the elements that count. */
const distance = (
  found: Float32Array,
  expected: Float32Array,
  counts: (element: number) => boolean = () => true,
): number => {
  assert.equal(found.length, expected.length)
  let largest = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!))
    if (counts(i)) worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  }
  return worst / largest
}

const withGradients = (graph: Graph): Graph => {
  const g = new GraphBuilder("gradients")
  const weights = graph.initializers.filter(({ weight }) => weight === true)
  const inputs = weights.map((weight) => g.input(parameterName(weight), "float32", weight.shape))
  const values = new Map(weights.map(({ name }, i) => [name, inputs[i]!]))
  const loss = copyGraph(g, graph, { values }).get("loss")!
  g.output("loss", loss)
  gradients(g, loss, inputs).forEach((gradient, i) => g.output(`d.${inputs[i]!.name}`, gradient))
  return g.build()
}

/** The gradients of a loss over the reference's tokens, on the interpreter. */
const gradientsOf = Effect.fnUntraced(function* (request: TrainingRequest, ids: readonly number[]) {
  const graph = withGradients(lossGraph(request))
  const compiled = yield* referenceDevice.compile(graph)
  const store = makeParameterStore()
  addParameters(store, lossGraph(request))
  const weights = Object.fromEntries([...store.states].map(([key, { value }]) => [key, value]))
  const feeds = { ...feedsOf(request, ids), ...weights }
  return (yield* compiled.run(feeds, graph.outputs)) as Readonly<Record<string, Tensor>>
})

const assertGradientsOf = (
  name: string,
  places: readonly TensorPlaces[],
  expected: Safetensors,
  outputs: Readonly<Record<string, Tensor>>,
): void => {
  for (const place of places) {
    const found = place.collect((identity) => outputs[`d.${identity}`]!.data as Float32Array)
    const error = distance(found, valuesOf(expected, `grad.${place.name}`))
    assert.ok(error < 1e-4, `${name}: the gradient of ${place.name} is ${error} of its largest off`)
  }
}

for (const name of families)
  test(`the loss of ${name} and the gradient of every tensor are the reference's`, async (t) => {
    const shared = sharedOrSkip(t, "fixtures")
    if (shared === undefined) return
    const program = Effect.gen(function* () {
      const { request, reference, expected, places } = yield* openModel(shared, name, referenceDevice)
      const outputs = yield* gradientsOf(request, reference.input_ids)
      assert.ok(Math.abs(Number(outputs["loss"]!.data[0]) - reference.loss) < 1e-4)
      const covered = places.map((place) => place.name).sort()
      const wanted = [...expected.tensors.keys()].flatMap((key) =>
        key.startsWith("grad.") ? [key.slice(5)] : [],
      )
      assert.deepEqual(covered, wanted.sort())
      assertGradientsOf(name, places, expected, outputs)
    })
    await Effect.runPromise(Effect.scoped(program))
  })

test("layers computed again and logits of a few rows at once give the reference's gradients", async (t) => {
  const shared = sharedOrSkip(t, "fixtures")
  if (shared === undefined) return
  const program = Effect.gen(function* () {
    const { request, reference, expected, places } = yield* openModel(shared, "gemma3", referenceDevice)
    const { input_ids: ids } = reference
    const plain = yield* gradientsOf(request, ids)
    const again = yield* gradientsOf({ ...request, recomputed: true }, ids)
    assert.deepEqual(again, plain)
    const parts = yield* gradientsOf({ ...request, recomputed: true, losses: { rowsAtOnce: 5 } }, ids)
    assert.deepEqual(parts["loss"], plain["loss"])
    assertGradientsOf("gemma3", places, expected, parts)
  })
  await Effect.runPromise(Effect.scoped(program))
})

test("steps of layers computed again have the bytes of those that keep all, on onnxruntime", async (t) => {
  const shared = sharedOrSkip(t, "fixtures")
  if (shared === undefined) return
  const program = Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 1 })
    const { request, reference } = yield* openModel(shared, "llama", device)
    const [kept, again] = yield* Effect.forEach([false, true], (recomputed) =>
      Effect.gen(function* () {
        const graph = lossGraph({ ...request, recomputed })
        const step = yield* compileStep(device, graph)
        const store = makeParameterStore()
        addParameters(store, graph)
        const feeds = feedsOf(request, reference.input_ids)
        for (let i = 0; i < 2; i++) yield* step.run(store, [feeds], 1e-3)
        return new Map([...store.states].map(([name, { value }]) => [name, (value as Tensor).data]))
      }),
    )
    assert.deepEqual(again, kept)
  })
  await Effect.runPromise(Effect.scoped(program))
})

const trainFive = Effect.fnUntraced(function* (
  device: Device,
  shared: string,
  name: string,
  accumulate: number,
) {
  const { request, reference, expected, places } = yield* openModel(shared, name, device)
  const graph = lossGraph(request)
  const step = yield* compileStep(device, graph, {
    accumulate,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: () => 0.1, clip: 1 },
  })
  const store = makeParameterStore()
  addParameters(store, graph)
  const feeds = feedsOf(request, reference.input_ids)
  const batches = Array.from({ length: accumulate }, () => feeds)
  for (let i = 0; i < 5; i++) {
    const { metrics, gradientNorm } = yield* step.run(store, batches, 1e-3)
    assert.ok(Math.abs(metrics["loss"]! - reference.losses_adamw[i]!) < 1e-4, `loss ${i}: ${metrics["loss"]}`)
    const norm = reference.grad_norms_before_clipping[i]!
    assert.ok(Math.abs(gradientNorm / norm - 1) < 1e-4, `norm ${i}: ${gradientNorm}, not ${norm}`)
  }
  for (const place of places.filter((one) => reference.after5_tensors.includes(one.name))) {
    const found = place.collect(
      (identity) => (store.states.get(identity)!.value as Tensor).data as Float32Array,
    )
    // A gradient that is rounding noise (a key's bias moves no softmax) is divided by itself and moves anywhere.
    const gradient = valuesOf(expected, `grad.${place.name}`)
    const error = distance(
      found,
      valuesOf(expected, `after5.${place.name}`),
      (i) => Math.abs(gradient[i]!) > 1e-6,
    )
    assert.ok(error < 1e-4, `${name}: ${place.name} is ${error} of its largest off after five steps`)
  }
})

for (const name of families)
  test(`five AdamW steps of ${name} on onnxruntime are the reference's`, async (t) => {
    const shared = sharedOrSkip(t, "fixtures")
    if (shared === undefined) return
    const program = Effect.flatMap(openDevice("cpu", { threads: 2 }), (device) =>
      trainFive(device, shared, name, 1),
    )
    await Effect.runPromise(Effect.scoped(program))
  })

test("five steps of two equal batches are those of one, on the interpreter", async (t) => {
  const shared = sharedOrSkip(t, "fixtures")
  if (shared === undefined) return
  await Effect.runPromise(Effect.scoped(trainFive(referenceDevice, shared, "llama", 2)))
})

test("sequences side by side give the mean of their losses, whoever sees whom", async (t) => {
  const shared = sharedOrSkip(t, "fixtures")
  if (shared === undefined) return
  const program = Effect.gen(function* () {
    const { request } = yield* openModel(shared, "gemma3", referenceDevice)
    const sequences = [0, 1].map((i) => ({
      tokens: Int32Array.from({ length: 12 }, (_, j) => (37 * j + 101 * i) % 256),
      ...(i === 1 ? { visibility: bidirectional(12) } : {}),
    }))
    const losses = yield* Effect.forEach([sequences, [sequences[0]!], [sequences[1]!]], (batch) =>
      Effect.gen(function* () {
        const graph = lossGraph({ ...request, sequences: { count: batch.length, length: 12 } })
        const program = yield* referenceDevice.compile(graph)
        const rows = 12 * batch.length
        const feeds = {
          ...trainingFeeds(request.architecture, request.attention, batch),
          targets: tensor("int64", [rows], new BigInt64Array(rows).fill(7n)),
          weights: tensor("float32", [rows], new Float32Array(rows).fill(1)),
        }
        const { loss } = (yield* program.run(feeds, [{ name: "loss" }])) as { readonly loss: Tensor }
        return Number(loss.data[0])
      }),
    )
    assert.ok(Math.abs(losses[0]! - (losses[1]! + losses[2]!) / 2) < 1e-6)
    assert.notEqual(losses[1], losses[2])
  })
  await Effect.runPromise(Effect.scoped(program))
})

test("causal batches of one size share their mask, and no others", () => {
  const architecture = readArchitecture(
    {
      model_type: "llama",
      vocab_size: 8,
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      intermediate_size: 8,
    },
    "masks",
  )
  const maskOf = (...sequences: readonly TrainingSequence[]): Feeds[string] =>
    trainingFeeds(architecture, groupedQueryAttention, sequences)["mask"]!
  const first = maskOf({ tokens: [1, 2, 3] }, { tokens: [4, 5, 6] })
  assert.equal(maskOf({ tokens: [7, 0, 1] }, { tokens: [2, 2, 2] }), first)
  assert.deepEqual(maskOf({ tokens: [1, 2, 3] }).dims, [1, 3, 3])
  const seen = maskOf({ tokens: [1, 2, 3], visibility: bidirectional(3) }, { tokens: [4, 5, 6] })
  assert.notDeepEqual(seen, first)
  assert.deepEqual(maskOf({ tokens: [1, 2, 3] }, { tokens: [4, 5, 6] }), first)
})

test("vectors in the place of tokens are trained through a frozen model", async (t) => {
  const shared = sharedOrSkip(t, "fixtures")
  if (shared === undefined) return
  const program = Effect.gen(function* () {
    const { request } = yield* openModel(shared, "llama", referenceDevice)
    const sequences = { count: 1, length: 6 }
    const model = trainingGraph({ ...request, sequences, takesVectors: true })
    const g = new GraphBuilder("prompt")
    const prompt = {
      kind: "dense",
      rows: 6,
      columns: request.architecture.width,
      identity: "prompt",
      values: () => new Float32Array(6 * request.architecture.width).fill(0.01),
    } as const
    const vectors = embedding(g, g.input("places", "int64", [6]), prompt)
    const logits = copyGraph(g, model, { values: new Map([["vectors", vectors]]) }).get("logits")!
    g.output(
      "loss",
      crossEntropy(g, logits, g.input("targets", "int64", [6]), g.input("weights", "float32", [6])),
    )
    const graph = g.build()
    const trainable = (name: string): boolean => name === "prompt"
    const step = yield* compileStep(referenceDevice, graph, { trainable })
    assert.deepEqual(step.parameters, [{ name: "prompt", shape: [6, request.architecture.width] }])
    const store = makeParameterStore()
    addParameters(store, graph, trainable)
    const feeds = {
      ...trainingFeeds(request.architecture, request.attention, [{ tokens: [1, 2, 3, 4, 5, 6] }]),
      "is.vector": tensor("bool", [6, 1], Uint8Array.of(0, 0, 0, 1, 1, 0)),
      places: tensor("int64", [6], BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n)),
      targets: tensor("int64", [6], BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 77n)),
      weights: tensor("float32", [6], Float32Array.of(0, 0, 0, 0, 0, 1)),
    }
    const losses: number[] = []
    for (let i = 0; i < 30; i++) losses.push((yield* step.run(store, [feeds], 0.03)).metrics["loss"]!)
    assert.ok(losses.at(-1)! < losses[0]! - 0.5, `${losses[0]} to ${losses.at(-1)}`)
    const trained = (store.states.get("prompt")!.second as Tensor).data as Float32Array
    const rows = Array.from({ length: 6 }, (_, row) =>
      trained.subarray(row * prompt.columns, (row + 1) * prompt.columns).some((value) => value !== 0),
    )
    assert.deepEqual(rows, [false, false, false, true, true, false])
  })
  await Effect.runPromise(Effect.scoped(program))
})
