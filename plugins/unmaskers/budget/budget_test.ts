import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { fixedCount } from "@parade/fixed-count"
import {
  canvasView,
  confidenceRows,
  denoisingLoop,
  greedySampler,
  maskedModel,
  openUnmasker,
  positionsOf,
} from "@parade/test"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { budget, shares } from "./mod.ts"

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

test("A budget is spent as far as there is anything to fill, evenly while all groups have enough.", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      (masked, tokens) => {
        const counts = shares(masked, tokens)
        assert.equal(sum(counts), Math.min(tokens, sum(masked)))
        counts.forEach((count, i) => assert.ok(count >= 0 && count <= masked[i]!))
        const most = Math.ceil(tokens / masked.length)
        if (masked.every((count) => count >= most))
          for (const count of counts)
            assert.ok(count === Math.floor(tokens / masked.length) || count === most)
      },
    ),
  )
})

test("What a group has no room for goes to the others, and the remainder to the first.", () => {
  assert.deepEqual(shares([9, 9, 9], 1), [1, 0, 0])
  assert.deepEqual(shares([9, 9, 9], 5), [2, 2, 1])
  assert.deepEqual(shares([1, 9, 9], 6), [1, 3, 2])
  assert.deepEqual(shares([0, 9, 9], 3), [0, 2, 1])
})

test("Within a group the most confident are filled, the lowest of equal ones first.", () => {
  const view = canvasView(confidenceRows([0.5, 0.9, 0.9, 0.3, 0.4, 0.8]), {
    groups: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  })
  const unmasking = openUnmasker(budget({ tokens: 3, by: "confidence" }), view)
  assert.deepEqual(positionsOf(unmasking.propose(view)[0]), [1, 2, 5])
})

test("Of one group it is LLaDA's fixed count, with as many positions in every step.", async () => {
  const looped = (unmasker: ReturnType<typeof budget>) =>
    Effect.runPromise(
      denoisingLoop({
        model: maskedModel({ vocabularySize: 6, seed: 4, spread: 4 }),
        unmasker,
        schedule: blocks({ length: 6 }),
        sampler: greedySampler,
        prompt: [1, 2],
        length: 12,
        seed: 1,
      }),
    )
  const [own, fixed] = [
    await looped(budget({ tokens: 2, by: "confidence" })),
    await looped(fixedCount({ steps: 3, by: "confidence" })),
  ]
  assert.deepEqual(
    own.rounds.map(({ edit }) => edit),
    fixed.rounds.map(({ edit }) => edit),
  )
})
