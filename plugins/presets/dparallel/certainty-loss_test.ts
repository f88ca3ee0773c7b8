import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { type Feeds, isLowRank, referenceDevice, type Tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { addParameters, compileForward, compileStep, makeParameterStore, normals } from "@parade/training"
import {
  freshTensors,
  namedTensors,
  readArchitecture,
  trainingGraph,
  type TrainingRequest,
} from "@parade/transformer"
import * as Effect from "effect/Effect"
import { certaintyFeeds, certaintyLoss, type CertaintyLoss, type OwnAnswer } from "./recipe-mod.ts"

const mask = 19
const [length, vocabulary] = [10, 20]

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
  const architecture = readArchitecture({ model_type: type, vocab_size: vocabulary, ...config }, "config")
  const attention = groupedQueryAttention
  const fresh = freshTensors(architecture, attention, (name) => {
    const next = normals(5)(name)
    return () => 20 * next()
  })
  return { architecture, attention, tensors: namedTensors(fresh), sequences: { count: 4, length } }
}

const answers: readonly OwnAnswer[] = [
  { prompt: [3, 4, 5], answer: [6, 7, 8, 0, 0, 0] },
  { prompt: [9, 4], answer: [1, 2, 0, 0, 0, 0, 0] },
]

const drawing = (seed: number): (() => number) => {
  let i = 0
  return () => uniform(seed, "noise", i++)
}

const feedsOf = (request: TrainingRequest, seed: number): Feeds =>
  certaintyFeeds(request, answers, { mask, block: 4, share: 0.5, draw: drawing(seed) })

const numbers = (feeds: Feeds, name: string): readonly number[] =>
  Array.from((feeds[name] as Tensor).data as ArrayLike<number | bigint>, Number)

const withTargets = (feeds: Feeds, target: (token: number, row: number) => number): Feeds => {
  const targets = feeds["targets"] as Tensor<"int64">
  const data = targets.data.map((token, row) => BigInt(target(Number(token), row)))
  return { ...feeds, targets: { ...targets, data } }
}

const loss = { mask, beta: 2, temperature: 0.5 }

const figuresOf = (
  request: TrainingRequest,
  feeds: Feeds,
  change: Partial<CertaintyLoss> = {},
): Promise<Readonly<Record<string, number>>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const forward = yield* compileForward(
          referenceDevice,
          certaintyLoss(request, referenceDevice, { ...loss, ...change }),
          () => false,
        )
        const outputs = yield* forward.run({ states: new Map() }, feeds)
        return Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [name, Number((value as Tensor).data[0])]),
        )
      }),
    ),
  )

const logitsOf = (request: TrainingRequest, feeds: Feeds): Promise<Float32Array> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const forward = yield* compileForward(referenceDevice, trainingGraph(request), () => false)
        const { logits } = yield* forward.run({ states: new Map() }, feeds)
        return (logits as Tensor<"float32">).data
      }),
    ),
  )

const softmax = (row: readonly number[], temperature: number): readonly number[] => {
  const most = Math.max(...row)
  const weights = row.map((value) => Math.exp((value - most) / temperature))
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((value) => value / sum)
}

for (const type of ["llada", "Dream"] as const)
  test(`${type}: the loss is the paper's, reckoned row by row from the logits.`, async () => {
    const request = requestOf(type)
    let rights = 0
    for (const seed of [1, 2, 3]) {
      const drawn = feedsOf(request, seed)
      const predicted = await logitsOf(request, drawn)
      // Every other row is asked for what it says already.
      const feeds = withTargets(drawn, (target, row) => {
        const own = predicted.subarray(row * vocabulary, (row + 1) * vocabulary - 1)
        return row % 2 === 0 ? own.indexOf(Math.max(...own)) : target
      })
      const [tokens, targets, hidden] = ["tokens", "targets", "hidden"].map((name) => numbers(feeds, name))
      const logits = await logitsOf(request, feeds)
      let [ce, entropy] = [0, 0]
      for (let view = 0; view < 4; view++) {
        const own = Array.from({ length }, (_, i) => view * length + i).filter((row) => hidden![row] === 1)
        const rows = own.map((row) => {
          const z = Array.from(logits.subarray(row * vocabulary, (row + 1) * vocabulary), (value, token) =>
            token === mask ? -1e9 : value,
          )
          const target = targets![row]!
          const sharp = softmax(z, 0.5)
          return {
            ce: -Math.log(softmax(z, 1)[target]!),
            entropy: -sharp.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0),
            isRight: z[target] === Math.max(...z),
          }
        })
        const mean = (values: readonly number[]): number =>
          values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
        const right = rows.filter(({ isRight }) => isRight)
        rights += right.length
        ce += mean(rows.map((row) => row.ce)) / answers.length
        entropy += mean(right.map((row) => row.entropy)) / answers.length
      }
      const figures = await figuresOf(request, feeds)
      const close = (name: string, expected: number): void =>
        assert.ok(Math.abs(figures[name]! - expected) < 1e-4, `${name}: ${figures[name]} for ${expected}`)
      close("ce", ce)
      close("entropy", entropy)
      close("loss", ce + 2 * entropy)
      assert.equal((await figuresOf(request, feeds, { beta: 0 }))["loss"], figures["ce"])
      // What is asked of a place is asked of the row that predicts it, and the place itself is masked.
      const shift = type === "Dream" ? 1 : 0
      hidden!.forEach((one, row) => {
        if (one === 1) assert.equal(tokens![row + shift], mask)
      })
    }
    assert.ok(rights > 0, "no prediction was right, so the entropy was not tried")
  })

test("Nothing is learnt of the prompt, of blocks before and behind, and each token of the block is in one view.", () => {
  const request = requestOf("llada")
  for (const seed of [1, 2, 3, 4, 5]) {
    const feeds = feedsOf(request, seed)
    const [tokens, targets, hidden] = ["tokens", "targets", "hidden"].map((name) => numbers(feeds, name))
    answers.forEach(({ prompt, answer }, i) => {
      const view = (values: readonly number[], which: number): readonly number[] =>
        values.slice((2 * i + which) * length, (2 * i + which + 1) * length)
      const places = [0, 1].flatMap((which) =>
        view(hidden!, which).flatMap((one, at) => (one === 1 ? [at - prompt.length] : [])),
      )
      const start = Math.min(...places)
      const end = Math.max(...places) + 1
      assert.ok(start % 4 === 0 && end <= answer.length)
      assert.equal(new Set(places).size, places.length)
      assert.equal(places.length, end - start)
      for (const which of [0, 1]) {
        const seen = view(tokens!, which)
        assert.deepEqual(seen.slice(0, prompt.length + start), [...prompt, ...answer.slice(0, start)])
        assert.ok(seen.slice(prompt.length + end).every((token) => token === mask))
        view(hidden!, which).forEach((one, at) => {
          if (one === 1) assert.equal(view(targets!, which)[at], answer[at - prompt.length])
        })
      }
    })
  }
})

test("Where no prediction is right the entropy is 0, and its weight changes no gradient.", async () => {
  const request = requestOf("llada")
  const feeds = feedsOf(request, 1)
  const logits = await logitsOf(request, feeds)
  // Targets that are the least likely tokens of their rows.
  const wrong = withTargets(feeds, (_, row) => {
    const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary - 1)
    return own.indexOf(Math.min(...own))
  })
  const figures = await figuresOf(request, wrong)
  assert.equal(figures["entropy"], 0)
  assert.equal(figures["right"], 0)
  const norm = (beta: number): Promise<number> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const graph = certaintyLoss(request, referenceDevice, { ...loss, beta })
          const step = yield* compileStep(referenceDevice, graph)
          const store = makeParameterStore()
          addParameters(store, graph)
          return (yield* step.run(store, [wrong], 1e-3)).gradientNorm
        }),
      ),
    )
  assert.equal(await norm(5), await norm(0))
})

test("With corrections of low rank nothing else is trained, and they start as nothing.", async () => {
  const request = requestOf("llada")
  const feeds = feedsOf(request, 1)
  const lowRank = {
    rank: 2,
    alpha: 4,
    matches: (identity: string) => /\.\d+\./.test(identity),
    draw: normals(1),
  }
  assert.deepEqual(await figuresOf(request, feeds, { lowRank }), await figuresOf(request, feeds))
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const graph = certaintyLoss(request, referenceDevice, { ...loss, lowRank })
        const step = yield* compileStep(referenceDevice, graph, { trainable: isLowRank })
        assert.ok(step.parameters.length > 0 && step.parameters.every(({ name }) => isLowRank(name)))
        const store = makeParameterStore()
        addParameters(store, graph, isLowRank)
        const losses: number[] = []
        for (let i = 0; i < 12; i++) losses.push((yield* step.run(store, [feeds], 0.02)).metrics["loss"]!)
        assert.ok(losses.at(-1)! < losses[0]!)
      }),
    ),
  )
})
