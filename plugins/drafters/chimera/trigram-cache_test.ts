import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { tinyLlama, parts, randomDrafter, width } from "./_testing.ts"
import { openNetwork } from "./network.ts"
import { type Trigram, trigramCache } from "./trigram-cache.ts"
import { trigramAt } from "./trigram-encoder.ts"

/** Gives for a trigram its three tokens, and remembers what it was asked for. */
const counting = () => {
  const asked: string[] = []
  const encode = (trigrams: readonly Trigram[]) =>
    Effect.sync(() => {
      asked.push(...trigrams.map((trigram) => trigram.join()))
      return Float32Array.from(trigrams.flat())
    })
  return { asked, encode }
}

test("a vector comes by its ordered triple, and is computed once", async () => {
  const { asked, encode } = counting()
  const { vectors } = trigramCache(encode, 3, 10)
  const wanted: readonly Trigram[] = [
    [1, 2, 3],
    [3, 2, 1],
    [1, 2, 3],
  ]
  const expected = Float32Array.from(wanted.flat())
  assert.deepEqual(await Effect.runPromise(vectors(wanted)), expected)
  assert.deepEqual(await Effect.runPromise(vectors(wanted)), expected)
  assert.deepEqual(asked, ["1,2,3", "3,2,1"])
})

test("no more vectors are kept than allowed; those least recently used go first", async () => {
  const { asked, encode } = counting()
  const cache = trigramCache(encode, 3, 2)
  const want = (...tokens: readonly number[]) =>
    Effect.runPromise(cache.vectors(tokens.map((token): Trigram => [token, token, token])))
  await want(1)
  await want(2)
  await want(1)
  await want(3)
  assert.equal(cache.size(), 2)
  assert.deepEqual(await want(1, 2, 4), Float32Array.of(1, 1, 1, 2, 2, 2, 4, 4, 4))
  assert.equal(cache.size(), 2)
  assert.deepEqual(asked, ["1,1,1", "2,2,2", "3,3,3", "2,2,2", "4,4,4"])
})

test("a kept vector is bit for bit that computed anew, alone or beside others", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const target = yield* tinyLlama(1)
        const network = yield* openNetwork(randomDrafter(1, 1, 0.4), parts.attention, parts.device)
        const encode = (trigrams: readonly Trigram[]) =>
          Effect.flatMap(target.embed(Int32Array.from(trigrams.flat())), network.encode)
        const trigrams = Array.from({ length: 6 }, (_, i): Trigram => [i, (i * 7) % 24, (i * 5) % 24])
        const { vectors } = trigramCache(encode, width, 10)
        yield* vectors(trigrams)
        const kept = yield* vectors(trigrams)
        for (const [i, trigram] of trigrams.entries())
          assert.deepEqual(kept.slice(i * width, (i + 1) * width), yield* encode([trigram]))
      }),
    ),
  ))

test("a trigram ends with its token; where the text begins, tokens stand in for those that are not there", () => {
  assert.deepEqual(trigramAt([7, 8, 9, 5], 3), [8, 9, 5])
  assert.deepEqual(trigramAt([7, 8, 9], 0), [7, 7, 7])
  assert.deepEqual(trigramAt([7, 8, 9], 1), [7, 8, 8])
  assert.deepEqual(trigramAt([-1, 8, 9], 1), [8, 8, 8])
  assert.deepEqual(trigramAt([-1, 8, 9], 2), [8, 9, 9])
})
