import assert from "node:assert/strict"
import { test } from "node:test"
import { contextModel, naiveCache, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as fc from "fast-check"
import { advance, type Model, prefill, type PromptPart, type PromptWatch } from "./mod.ts"

const model = tableModel({ vocabularySize: 8, order: 3, seed: 5, positional: true, contextLength: 20 })

const run = <A, E>(effect: Effect.Effect<A, E, Scope>): Promise<A> => Effect.runPromise(Effect.scoped(effect))

test("a prompt in chunks of any size leaves the cache and the logits of one forward", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(7), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 25 }),
      async (tokens, chunk) => {
        const state = (size: number): Promise<unknown> =>
          run(
            Effect.map(
              prefill(model, naiveCache, [{ tokens }], { chunk: size }),
              ({ cache, history, outstanding, outputs }) => ({
                inputs: cache.inputs,
                history: [...history.tokens],
                promptLength: history.promptLength,
                outstanding,
                logits: [...outputs!["logits"]!.row(0)],
              }),
            ),
          )
        assert.deepEqual(await state(chunk), await state(Infinity))
      },
    ),
    { numRuns: 30 },
  )
})

test("parts follow each other with their labels; vectors stand where tokens would", async () => {
  const forwards: { tokens: number[]; vectors: number[]; positions: number[]; labels: number[] }[] = []
  const recording: Model = {
    ...model,
    info: { ...model.info, width: 2, positionAxes: 2 },
    forward: (rows, options) => {
      forwards.push({
        tokens: [...rows.tokens],
        vectors: [...(rows.vectors ?? [])],
        positions: [...rows.positions],
        labels: [...(rows.labels ?? [])],
      })
      options.cache.stage({ inputs: rows, content: {} })
      const row = new Float32Array(1)
      return Effect.succeed({ logits: { count: 1, width: 1, data: row, row: () => row } })
    },
  }
  const prompt: PromptPart[] = [
    { tokens: [4] },
    { vectors: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 3, label: 17 },
    { tokens: [5, 6], label: 18 },
  ]
  const expected: number[] = []
  const store = { expect: (count: number) => expected.push(count) }
  const cache = { store, stage: () => {}, commit: () => Effect.void }
  const caches = { make: () => Effect.succeed(cache as never) }
  const { history } = await run(prefill(recording, caches, prompt, { chunk: 3 }))
  assert.deepEqual([...history.tokens], [4, -1, -1, -1, 5, 6])
  assert.deepEqual(expected, [6])
  assert.deepEqual(forwards, [
    { tokens: [4, -1, -1], vectors: [1, 2, 3, 4], positions: [0, 0, 1, 1, 2, 2], labels: [0, 17, 17] },
    { tokens: [-1, 5, 6], vectors: [5, 6], positions: [3, 3, 4, 4, 5, 5], labels: [17, 18, 18] },
  ])
})

test("what is watched of a prompt is seen at every row, or at the last, in chunks of any size", async () => {
  const every = { every: ["hidden.final"], last: [] }
  const last = { every: [], last: ["hidden.final"] }
  const seen = async (names: Omit<PromptWatch, "see">, chunk: number): Promise<number[][]> => {
    const rows: number[][] = []
    const see: PromptWatch["see"] = (outputs, from) => {
      const { count = 0, row } = outputs["hidden.final"] ?? {}
      for (let i = 0; i < count; i++) rows.push([from + i, ...row!(i)])
    }
    await run(prefill(model, naiveCache, [{ tokens: [5, 1, 7, 2] }], { chunk, watch: { ...names, see } }))
    return rows
  }
  // A hidden row of a tiny model is its token and how many rows it sees.
  const all = [
    [0, 5, 1],
    [1, 1, 2],
    [2, 7, 3],
    [3, 2, 4],
  ]
  for (const chunk of [1, 3, 4]) {
    assert.deepEqual(await seen(every, chunk), all)
    assert.deepEqual(
      (await seen(last, chunk)).map((row) => row.slice(1)),
      [[2, 4]],
    )
  }
})

test("the logits after a prompt are also there where those of every row were watched", async () => {
  const logits = (watch?: PromptWatch): Promise<number[]> =>
    run(
      Effect.map(prefill(model, naiveCache, [{ tokens: [5, 1, 7] }], { watch }), ({ outputs }) => [
        ...outputs!["logits"]!.row(0),
      ]),
    )
  assert.deepEqual(await logits({ every: ["logits"], last: ["logits"], see: () => {} }), await logits())
})

test("a prompt that cannot be is a typed failure, before anything is allocated", async () => {
  const refused = (prompt: readonly PromptPart[]): Promise<string> =>
    run(
      Effect.map(
        Effect.flip(prefill({ ...model, makeStore: Effect.die("made") }, naiveCache, prompt)),
        (e) => e.code,
      ),
    )
  assert.equal(await refused([]), "request.empty-prompt")
  assert.equal(await refused([{ tokens: [] }]), "request.empty-prompt")
  assert.equal(await refused([{ tokens: new Array<number>(21).fill(0) }]), "request.prompt-too-long")
  assert.equal(await refused([{ tokens: { length: 2 ** 50 } }]), "request.prompt-too-long")
  assert.equal(await refused([{ tokens: { length: -1 } }]), "request.malformed-prompt")
  for (const token of [-1, 8, 1.5, NaN])
    assert.equal(await refused([{ tokens: [0, token] }]), "request.unknown-token")
  assert.equal(await refused([{ vectors: new Float32Array(3), rows: 2 }]), "request.malformed-prompt")
})

test("advancing forwards what is outstanding, commits it, and leaves the logits of the last", async () => {
  const seen: number[][] = []
  const spying = contextModel({
    name: "spy",
    vocabularySize: 4,
    logits: ({ tokens }, out) => {
      seen.push([...tokens])
      out[tokens.length % 4] = 1
    },
  })
  await run(
    Effect.gen(function* () {
      const sequence = yield* prefill(spying, naiveCache, [{ tokens: [1, 2] }])
      assert.equal(yield* advance(spying, sequence), 0)
      for (const token of [3, 0]) sequence.history.append(token)
      sequence.outstanding = 2
      assert.equal(yield* advance(spying, sequence), 2)
      assert.deepEqual(seen.at(-1), [1, 2, 3, 0])
      assert.deepEqual([...sequence.cache.inputs.tokens], [1, 2, 3, 0])
      assert.deepEqual([...sequence.cache.inputs.positions], [0, 1, 2, 3])
      assert.equal(sequence.outstanding, 0)
      assert.equal(sequence.outputs!["logits"]!.row(0)[0], 1)
    }),
  )
})
