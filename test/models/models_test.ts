import assert from "node:assert/strict"
import { test } from "node:test"
import { type Cache, type Model, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"
import {
  chainModel,
  memoryStore,
  naiveCache,
  nullModel,
  pieceTokenizer,
  scriptedModel,
  tableModel,
} from "../mod.ts"

const run = <A>(model: Model, body: (cache: Cache) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const cache = yield* naiveCache.make(yield* model.makeStore)
        return yield* body(cache)
      }),
    ),
  )

const greedy = (model: Model, prompt: ArrayLike<number>, count: number): Promise<readonly number[]> =>
  run(model, (cache) =>
    Effect.gen(function* () {
      const tokens = Array.from(prompt)
      while (tokens.length < prompt.length + count) {
        const rows = tokenRows(tokens.slice(cache.length), cache.length)
        const newest = rows.tokens.length - 1
        const outputs = yield* model.forward(rows, {
          cache,
          outputs: [{ name: "logits", rows: [newest] }],
          phase: "step",
        })
        const logits = outputs["logits"]!.row(0)
        tokens.push(logits.indexOf(Math.max(...logits)))
        yield* cache.commit(Array.from({ length: newest + 1 }, (_, i) => i))
      }
      return tokens.slice(prompt.length)
    }),
  )

test("a scripted model says its text and ends", async () => {
  const model = scriptedModel({ prompt: "say: ", text: "hello world" })
  const tokenizer = model.tokenizer!
  const said = await greedy(model, tokenizer.encode("say: "), 12)
  assert.equal(tokenizer.decode(said), "hello world")
  assert.deepEqual(said.at(-1), model.info.endTokens[0])
})

test("a scripted model that sees anything else leaves the script", async () => {
  const model = scriptedModel({ prompt: "say: ", text: "hello" })
  const said = await greedy(model, model.tokenizer!.encode("sax: "), 4)
  assert.equal(model.tokenizer!.decode(said), "????")
})

test("a table model of order two forgets what is further back", async () => {
  const model = tableModel({ vocabularySize: 12, order: 2, seed: 5 })
  assert.deepEqual(await greedy(model, [1, 2, 3], 20), await greedy(model, [7, 2, 3], 20))
  assert.notDeepEqual(await greedy(model, [1, 2, 3], 20), await greedy(model, [1, 7, 3], 20))
})

test("a positional table model tells the same tokens elsewhere apart", async () => {
  const model = tableModel({ vocabularySize: 12, order: 2, seed: 5, positional: true })
  assert.notDeepEqual(await greedy(model, [1, 2, 3], 20), await greedy(model, [2, 3], 20))
})

test("levels make ties", async () => {
  const model = tableModel({ vocabularySize: 32, order: 1, seed: 3, levels: 4 })
  const distinct = await run(model, (cache) =>
    Effect.map(
      model.forward(tokenRows([1], 0), { cache, outputs: [{ name: "logits", rows: [0] }], phase: "step" }),
      (outputs) => new Set(outputs["logits"]!.row(0)).size,
    ),
  )
  assert.ok(distinct <= 4)
})

test("the logits of a chain are the logarithms of its probabilities", async () => {
  const model = chainModel([
    [0.25, 0.75],
    [1, 0],
  ])
  const logits = await run(model, (cache) =>
    Effect.map(
      model.forward(tokenRows([0, 1], 0), {
        cache,
        outputs: [{ name: "logits", rows: [0, 1] }],
        phase: "step",
      }),
      (outputs) => Array.from(outputs["logits"]!.data, Math.exp),
    ),
  )
  assert.deepEqual(
    logits.map((p) => Math.round(p * 1e6) / 1e6),
    [0.25, 0.75, 1, 0],
  )
})

test("outputs turn to NaN with the next forward", async () => {
  const model = tableModel({ vocabularySize: 4, order: 1, seed: 1 })
  await run(model, (cache) =>
    Effect.gen(function* () {
      const wanted = { cache, outputs: [{ name: "logits", rows: [0] }], phase: "step" } as const
      const first = yield* model.forward(tokenRows([1], 0), wanted)
      assert.ok(first["logits"]!.data.every(Number.isFinite))
      yield* model.forward(tokenRows([1], 0), wanted)
      assert.ok(first["logits"]!.data.every(Number.isNaN))
    }),
  )
})

test("a null model always predicts its token", async () => {
  assert.deepEqual(await greedy(nullModel({ token: 3 }), [1, 2], 5), [3, 3, 3, 3, 3])
})

test("a store used after its release fails", async () => {
  const layout = { key: "k", parts: [{ name: "a", family: "a", layer: 0, blocks: 1, width: 1 }] }
  const store = await Effect.runPromise(Effect.scoped(memoryStore(layout)))
  const error = await Effect.runPromise(Effect.flip(store.reserve(1)))
  assert.equal(error.code, "store.closed")
})

test("pieces are matched longest first, and half a character waits for the other half", () => {
  const bytes = new TextEncoder().encode("é")
  const tokenizer = pieceTokenizer(["a", "ab", bytes.subarray(0, 1), bytes.subarray(1), { special: "<end>" }])
  assert.deepEqual([...tokenizer.encode("abaé")], [1, 0, 2, 3])
  const stream = tokenizer.streamDecoder()
  assert.deepEqual([stream.push([2]), stream.push([3, 4]), stream.flush()], ["", "é", ""])
  assert.equal(tokenizer.decode([0, 4], { skipSpecialTokens: false }), "a<end>")
})
