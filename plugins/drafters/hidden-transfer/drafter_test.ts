import assert from "node:assert/strict"
import { test } from "node:test"
import { firstRows, largest, type Model, tokenRows } from "@parade/core"
import { type Drafter, treeLevels } from "@parade/drafting"
import { referenceDevice } from "@parade/graph"
import { greedySampler } from "@parade/test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { assertLossless, decodedBy, prompt, replaying, watched } from "../_drafter-testing.ts"
import { caches, layer, randomMaps, tinyLlama, width } from "./_testing.ts"
import { hiddenTransfer } from "./mod.ts"

const decoded = decodedBy(tinyLlama)

const drafterOf = (seed: number, k: number, deviation: number, rows = 40): Promise<Drafter> =>
  Effect.runPromise(Effect.scoped(hiddenTransfer(randomMaps(seed, k, deviation), referenceDevice, rows)))

test("whatever the maps are, the text is that of plain decoding, token for token", () =>
  assertLossless(
    tinyLlama,
    fc.record({ k: fc.integer({ min: 1, max: 4 }), deviation: fc.constantFrom(0, 0.3, 30) }),
    async (seed, { k, deviation }) => ({ drafter: await drafterOf(seed, k, deviation), levels: k }),
    25,
  ))

test("a round proposes what the pseudo states of the last accepted row guessed, step by step", async () => {
  let proposals = 0
  for (const seed of [1, 2, 3, 4]) {
    const { drafter, plans } = watched(await drafterOf(seed, 3, 1, 24))
    await decoded(seed, drafter, greedySampler, { maxTokens: 30, adaptive: false })
    for (const { plan, before } of plans) {
      if (before === undefined) {
        // Nothing has been asked yet.
        assert.equal(plan.tokens.length, 0)
        continue
      }
      const { tree, verdict, readings } = before
      const logits = readings.auxiliary["logits"]!
      const guesses: number[][] = []
      for (let row = 0, parent = verdict.accepted.at(-1) ?? -1; row < logits.count; row++)
        if (tree.auxiliary!.parents[row] === parent) {
          guesses.push([...largest(logits.row(row), 6)])
          parent = tree.tokens.length + row
        }
      if (guesses.length === 0) continue
      for (const [node, level] of treeLevels(plan).entries()) {
        assert.ok(level <= guesses.length, `level ${level} of ${guesses.length} pseudo states`)
        assert.ok(guesses[level - 1]!.includes(plan.tokens[node]!), `level ${level} proposes no guess`)
        proposals++
      }
    }
  }
  assert.ok(proposals > 100, `${proposals} proposals`)
})

/** The logits of three nodes after the prompt, and of pseudo states on the newest token, alone or beside one another. */
const splitForward = (model: Model, vectors: readonly Float32Array[], parents: readonly number[]) =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      yield* model.forward(tokenRows(prompt, 0), { cache, outputs: [], phase: "prefill" })
      yield* cache.commit(firstRows(prompt.length))
      const tree = [-1, 0, 0]
      const positions = [5, 6, 6]
      const nodes = { tokens: Int32Array.of(9, 2, 6), positions: Int32Array.from(positions) }
      const name = `hidden.${layer}`
      const below = yield* model.forward(nodes, {
        cache,
        layers: [0, layer],
        visibility: { rule: "tree", parents: tree },
        outputs: [{ name, rows: [0, 1, 2] }],
        phase: "step",
      })
      const states = new Float32Array((3 + vectors.length) * width)
      states.set(below[name]!.data.subarray(0, 3 * width))
      for (const [i, vector] of vectors.entries()) states.set(vector, (3 + i) * width)
      const all = [...tree, ...parents]
      const places = [...positions]
      for (const parent of parents) places.push(places[parent]! + 1)
      const above = yield* model.forward(
        { tokens: new Int32Array(all.length).fill(-1), positions: Int32Array.from(places), vectors: states },
        {
          cache,
          layers: [layer, model.info.layers],
          visibility: { rule: "tree", parents: all },
          outputs: [{ name: "logits", rows: all.map((_, row) => row) }],
          phase: "step",
        },
      )
      const rows = all.map((_, row) => above["logits"]!.row(row).slice())
      const kept = yield* cache.commit([0, 2])
      return { rows, kept }
    }),
  )

const apart = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)

test("rows of the text do not depend on the pseudo states beside them, nor on there being any", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(9)
        const alone = yield* splitForward(model, [], [])
        for (const deviation of [0.1, 1, 100]) {
          const some = randomMaps(3, 4, deviation).weights.map((map) => map.slice(0, width))
          const beside = yield* splitForward(model, some, [0, 3, 2, 5])
          for (const row of [0, 1, 2]) assert.ok(apart(beside.rows[row]!, alone.rows[row]!) <= 1e-5)
        }
      }),
    ),
  )
})

test("a pseudo state depends on those before it of its own row, and on no other", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(9)
        const some = randomMaps(3, 4, 1).weights.map((map) => map.slice(0, width))
        const other = randomMaps(4, 1, 1).weights[0]!.slice(0, width)
        // Two on the newest token, two on a node.
        const parents = [0, 3, 2, 5]
        const { rows } = yield* splitForward(model, some, parents)
        for (const changed of [0, 1, 2, 3]) {
          const vectors = some.map((vector, i) => (i === changed ? other : vector))
          const found = yield* splitForward(model, vectors, parents)
          const depends = [0, 1, 2, 3].map((i) => apart(found.rows[3 + i]!, rows[3 + i]!) > 1e-6)
          const expected = [0, 1, 2, 3].map((i) => i === changed || (changed % 2 === 0 && i === changed + 1))
          assert.deepEqual(depends, expected, `after a change of pseudo state ${changed}`)
        }
      }),
    ),
  )
})

test("what is committed is what a fresh forward of the text would have left, and no pseudo state is", async () => {
  let commits = 0
  const drafter = await drafterOf(3, 3, 1, 24)
  const cacheFor = replaying(() => commits++)
  const { stats } = await decoded(3, drafter, greedySampler, { maxTokens: 20, adaptive: false }, cacheFor)
  assert.ok(commits >= stats.rounds)
})

test("maps that are the identity draft, and what they send in are the states of their rows", async () => {
  const { drafter, plans } = watched(await drafterOf(0, 2, 0, 24))
  const { tokens } = await decoded(6, drafter, greedySampler, { maxTokens: 20 })
  assert.equal(tokens.length, 20)
  assert.ok(plans.some(({ plan }) => plan.tokens.length > 0))
  const draft = await Effect.runPromise(
    Effect.scoped(
      drafter.open({
        target: { info: { layers: 3, weightBytes: 0 }, cost: Effect.succeed(undefined) },
        cost: { milliseconds: () => 1 },
        history: { length: 5, tokens: [] },
      } as never),
    ),
  )
  const data = Float32Array.from({ length: 3 * width }, (_, i) => i)
  const row = (i: number): Float32Array => data.subarray(i * width, (i + 1) * width)
  const auxiliary = { tokens: [-1, -1, -1], parents: [1, -1, 2], layers: [1, 1, 1] }
  const plan = { tokens: [4, 5], parents: [-1, -1], auxiliary }
  const states = { count: 3, width, data, row }
  const made = await Effect.runPromise(draft.enter!({ layer, plan, from: 0, to: 3, states }))
  assert.deepEqual([...made], [...row(2), ...row(0), ...row(2)])
})
