import assert from "node:assert/strict"
import { test } from "node:test"
import type { Model } from "@parade/core"
import { dualCache } from "@parade/dual-cache"
import { denoisingLoop, greedySampler, maskedModel, softmaxSampler } from "@parade/test"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { events, fillings, finish, finishedOf, parts, request, roundsOf, unmaskers } from "./_testing.ts"
import { mixed } from "./guidance.ts"

const prompt = [1, 2, 3]

/** A model whose logits are led away from those of the same rows with everything in front of the canvas masked. */
const guided = (model: Model, w: number): Model => ({
  ...model,
  forward: (rows, options) =>
    Effect.gen(function* () {
      const { maskToken } = model.info
      const bare = rows.tokens.map((token, i) => (rows.positions[i]! < prompt.length ? maskToken! : token))
      const logits = (yield* model.forward(rows, options))["logits"]!
      const c = logits.data.slice()
      mixed(c, (yield* model.forward({ ...rows, tokens: bare }, options))["logits"]!.data, w)
      return {
        logits: { ...logits, data: c, row: (i) => c.subarray(i * logits.width, (i + 1) * logits.width) },
      }
    }),
})

test("Logits are led away from those without the prompt, for every rule, by as much as is said.", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...unmaskers),
      fc.constantFrom(greedySampler, softmaxSampler()),
      fc.constantFrom("self" as const, "next" as const),
      fc.constantFrom(0.5, 1, 4),
      fc.nat(1000),
      async (unmasker, sampler, predicts, guidance, seed) => {
        const model = maskedModel({ vocabularySize: 6, seed, predicts })
        const all = await events(
          parts({ model, unmasker, sampler, schedule: wholeCanvas, guidance }),
          request(8, { seed }),
        )
        const plain = await Effect.runPromise(
          denoisingLoop({
            model: guided(model, guidance),
            unmasker,
            schedule: wholeCanvas,
            sampler,
            prompt,
            length: 8,
            seed,
          }),
        )
        assert.deepEqual(finishedOf(all).tokens, [...plain.cells])
        assert.equal(roundsOf(all).length, plain.rounds.length)
      },
    ),
    { numRuns: 60 },
  )
})

test("A strength of 0 is no guidance; any other takes two forwards, and rows, for one.", async () => {
  const plain = await finish(parts(), request(8))
  const none = await finish(parts({ guidance: 0 }), request(8))
  assert.deepEqual([none.tokens, none.stats.forwards], [plain.tokens, plain.stats.forwards])
  const { stats } = await finish(parts({ guidance: 1 }), request(8))
  assert.equal(stats.forwards, 2 * plain.stats.forwards)
  assert.equal(stats.rows, 2 * plain.stats.rows)
})

test("Where the prompt says nothing of the text, guidance changes nothing.", async () => {
  const model = maskedModel({ vocabularySize: 6, seed: 2, coupling: 0 })
  const [plain, led] = [
    await events(parts({ model }), request(8)),
    await events(parts({ model, guidance: 3 }), request(8)),
  ]
  assert.deepEqual(fillings(led), fillings(plain))
  assert.deepEqual(finishedOf(led).tokens, finishedOf(plain).tokens)
})

test("Both forwards have a cache of their own: refreshed in every step, they change nothing, with candidates too.", async () => {
  for (const unmasker of unmaskers)
    for (const maxRows of [20, 4096]) {
      const change = { unmasker, guidance: 1.5, maxRows }
      const plain = await events(parts(change), request(8))
      const cached = await events(parts({ ...change, refresh: dualCache({ interval: 1 }) }), request(8))
      assert.deepEqual(fillings(cached), fillings(plain), unmasker.name)
      assert.deepEqual(finishedOf(cached).tokens, finishedOf(plain).tokens)
    }
  const blocks = await events(parts({ guidance: 1, refresh: dualCache() }), request(8))
  assert.deepEqual(
    roundsOf(blocks).map(({ rows }) => rows),
    [22, 8, 8, 8, 22, 8, 8, 8],
  )
})

test("Tokens that the canvas began with are masked too, those filled since are not.", async () => {
  const seen: (readonly number[])[] = []
  const model = maskedModel({ vocabularySize: 6, seed: 1 })
  const watched: Model = {
    ...model,
    forward: (rows, options) => {
      seen.push([...rows.tokens])
      return model.forward(rows, options)
    },
  }
  const fixed = [{ at: 1, tokens: [4] }]
  const { tokens } = await finish(
    parts({ model: watched, guidance: 1, schedule: wholeCanvas }),
    request(3, { target: { kind: "canvas", length: 3, fixed } }),
  )
  assert.equal(seen.length, 4)
  assert.deepEqual(seen[0], [1, 2, 3, 5, 4, 5])
  assert.deepEqual(seen[1], [5, 5, 5, 5, 5, 5])
  assert.deepEqual(seen[3]!.slice(0, 3), [5, 5, 5])
  assert.equal(seen[3]![4], 5)
  assert.deepEqual(
    [seen[3]![3], seen[3]![5]].filter((token) => token !== 5),
    [seen[2]![3], seen[2]![5]].filter((token) => token !== 5),
  )
  assert.equal(tokens[1], 4)
})
