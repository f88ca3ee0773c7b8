import assert from "node:assert/strict"
import { test } from "node:test"
import { type Feeds, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  makeParameterStore,
  normals,
  parameterName,
} from "@parade/training"
import { freshTensors, namedTensors, readArchitecture, type TrainingRequest } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { distillationFeeds, distillationGraph, type DistilledSequence, isStudent, seesMatrix } from "./mod.ts"

const mask = 19
const length = 6

const requestOf = (type: "llada" | "Dream"): TrainingRequest => {
  const config =
    type === "llada"
      ? {
          d_model: 16,
          n_heads: 2,
          n_layers: 1,
          mlp_hidden_size: 16,
          block_type: "llama",
          layer_norm_type: "rms",
        }
      : {
          hidden_size: 16,
          num_attention_heads: 2,
          num_key_value_heads: 1,
          num_hidden_layers: 1,
          intermediate_size: 16,
          max_position_embeddings: 32,
        }
  const architecture = readArchitecture({ model_type: type, vocab_size: 20, ...config }, "config")
  const fresh = freshTensors(architecture, groupedQueryAttention, (name) => {
    const next = normals(5)(name)
    return () => 20 * next()
  })
  const attention = groupedQueryAttention
  return { architecture, attention, tensors: namedTensors(fresh), sequences: { count: 1, length } }
}

const clean = Int32Array.of(3, 4, 5, 6, 7, 8)
const masked = (places: readonly number[], tokens = clean): Int32Array =>
  tokens.map((token, i) => (places.includes(i) ? mask : token))
const visibility = { rule: "dense", mask: seesMatrix(length, () => true) } as const
const ones = (places: readonly number[]): Float32Array =>
  Float32Array.from({ length }, (_, i) => Number(places.includes(i)))

const sequenceOf = (
  student: readonly number[],
  teacher: readonly number[],
  change: Partial<DistilledSequence> = {},
): DistilledSequence => ({
  student: { tokens: masked(student), visibility },
  teacher: { tokens: masked(teacher), visibility },
  places: Int32Array.from({ length }, (_, i) => i),
  targets: clean,
  weights: { hard: ones(student), soft: ones(student), watched: ones(teacher) },
  ...change,
})

const figures = (request: TrainingRequest, feeds: Feeds): Promise<Readonly<Record<string, number>>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const graph = distillationGraph(request, mask, referenceDevice)
        const evaluate = yield* compileEvaluation(referenceDevice, graph, isStudent(false))
        const store = makeParameterStore()
        addParameters(store, graph, isStudent(false))
        return yield* evaluate(store, feeds)
      }),
    ),
  )

const half = { hard: 0.5, soft: 0.5, temperature: 2 }

for (const type of ["llada", "Dream"] as const) {
  const request = requestOf(type)

  test(`${type}: with the same masks student and teacher say the same, with fewer for the teacher they do not.`, async () => {
    const same = await figures(request, distillationFeeds(request, [sequenceOf([3, 4], [3, 4])], half))
    assert.ok(Math.abs(same["kl"]!) < 1e-6 && Math.abs(same["watched"]!) < 1e-6)
    assert.ok(Math.abs(same["loss"]! - 0.5 * same["ce"]!) < 1e-5)
    const fewer = await figures(request, distillationFeeds(request, [sequenceOf([3, 4], [3])], half))
    assert.ok(fewer["kl"]! > 1e-3)
    assert.ok(Math.abs(fewer["loss"]! - 0.5 * (fewer["ce"]! + fewer["kl"]!)) < 1e-5)
    assert.equal(fewer["ce"], same["ce"])
  })

  test(`${type}: a teacher whose rows stand elsewhere is read at its own places.`, async () => {
    // The teacher's sequence has a token more in front; positions and what is seen are as before for the rest.
    const moved = sequenceOf([2, 3], [2, 3], {
      student: { tokens: masked([2, 3, 5]), visibility: only(0, 5) },
      teacher: {
        tokens: Int32Array.of(9, ...masked([2, 3]).subarray(0, 5)),
        positions: Int32Array.of(0, 0, 1, 2, 3, 4),
        visibility: only(1, 6),
      },
      places: Int32Array.of(1, 2, 3, 4, 5, 0),
    })
    const { kl } = await figures(request, distillationFeeds(request, [moved], half))
    assert.ok(Math.abs(kl!) < 1e-6, `${kl}`)
  })
}

/** Rows `from … to-1` see each other, the others themselves. */
const only = (from: number, to: number) => {
  const inside = (row: number): boolean => row >= from && row < to
  return { rule: "dense", mask: seesMatrix(length, (row, column) => inside(row) && inside(column)) } as const
}

test("A term without rows is nought, and so is its part of the loss.", async () => {
  const request = requestOf("llada")
  const none = new Float32Array(length)
  const sequence = sequenceOf([3], [3], { weights: { hard: none, soft: ones([3]), watched: none } })
  const { ce, loss, kl } = await figures(request, distillationFeeds(request, [sequence], half))
  assert.equal(ce, 0)
  assert.ok(Math.abs(loss! - 0.5 * kl!) < 1e-6)
})

test("With corrections of low rank the student shares its teacher's weights, which stay, and starts as its teacher.", async () => {
  const request = requestOf("llada")
  const lowRank = { rank: 2, alpha: 4, matches: () => true, draw: normals(3) }
  const graph = distillationGraph(request, mask, referenceDevice, lowRank)
  const names = graph.initializers.filter((one) => one.weight === true).map(parameterName)
  const plain = distillationGraph(request, mask, referenceDevice)
    .initializers.filter((one) => one.weight === true)
    .map(parameterName)
  const corrections = names.filter(isStudent(true))
  assert.equal(names.length - corrections.length, plain.length / 2)
  const feeds = distillationFeeds(request, [sequenceOf([2, 3], [2, 3])], half)
  const divergences = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const step = yield* compileStep(referenceDevice, graph, { trainable: isStudent(true) })
        const store = makeParameterStore()
        addParameters(store, graph, isStudent(true))
        assert.deepEqual([...store.states.keys()].sort(), corrections.sort())
        const found: number[] = []
        for (let i = 0; i < 3; i++) found.push((yield* step.run(store, [feeds], 1e-2)).metrics["kl"]!)
        return found
      }),
    ),
  )
  assert.ok(Math.abs(divergences[0]!) < 1e-6 && divergences[2]! > 1e-4, `${divergences.join()}`)
})

test("Training moves the student alone: the teacher says what it said, and its weights are no parameters.", async () => {
  const request = requestOf("llada")
  const graph = distillationGraph(request, mask, referenceDevice)
  const teacher = graph.initializers.filter(
    (one) => one.weight === true && !isStudent(false)(parameterName(one)),
  )
  assert.ok(teacher.length > 0)
  const before = teacher.map(({ bytes }) => Buffer.from(bytes().slice()))
  const shares = { hard: 0, soft: 1, temperature: 2 }
  const feeds = distillationFeeds(request, [sequenceOf([2, 3, 4], [3])], shares)
  const divergences = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const step = yield* compileStep(referenceDevice, graph, { trainable: isStudent(false) })
        const store = makeParameterStore()
        addParameters(store, graph, isStudent(false))
        assert.equal(store.states.size, teacher.length)
        const found: number[] = []
        for (let i = 0; i < 12; i++) {
          const { metrics } = yield* step.run(store, [feeds], 3e-3)
          found.push(metrics["kl"]!)
        }
        return found
      }),
    ),
  )
  assert.ok(divergences.every((value) => value >= -1e-6))
  assert.ok(divergences.at(-1)! < divergences[0]! / 2, divergences.join())
  teacher.forEach(({ bytes }, i) => assert.ok(Buffer.from(bytes().slice()).equals(before[i]!)))
})
