import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { composeAs, registryOf } from "@parade/core"
import { UnmaskerKind } from "@parade/denoising"
import { freedave, plugin as freedavePlugin } from "@parade/freedave"
import {
  canvasView,
  confidenceRows,
  denoisingLoop,
  fills,
  greedySampler,
  maskedModel,
  openUnmasker,
  positionsOf,
  softmaxSampler,
} from "@parade/test"
import { plugin as thresholdPlugin, threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { capped, type CappedOptions, plugin } from "./mod.ts"

const at = (tau: number, change: Partial<CappedOptions> = {}) =>
  capped({ rule: threshold({ threshold: tau }), min: 1, max: 32, endAfter: 0, ...change })

const view = canvasView(confidenceRows([0.5, 0.9, 0.89, 0.95]))

test("A step fills what the rule finds sure, no fewer than the least and no more than the most, the surest first.", () => {
  assert.deepEqual(fills(at(0.9), view), [1, 3])
  assert.deepEqual(fills(at(0.9, { min: 3 }), view), [1, 2, 3])
  assert.deepEqual(fills(at(0.9, { max: 1 }), view), [3])
  assert.deepEqual(fills(at(0.9, { min: 9, max: 9 }), view), [0, 1, 2, 3])
  assert.deepEqual(fills(at(1.5), view), [3])
})

/** Token 1 ends the text. */
const ending = (ends: readonly number[], filled: number) =>
  canvasView(
    [0, 1, 2, 3].map((i) => (ends.includes(i) ? [0.02, 0.97, 0.01] : [0.8, 0.1, 0.1])),
    { filled, endTokens: [1] },
  )

test("Until enough of the canvas is filled no end of text is, however sure; then it is.", () => {
  assert.deepEqual(fills(at(0.9, { endAfter: 0.5 }), ending([2, 3], 3)), [0])
  assert.deepEqual(fills(at(0.9, { endAfter: 0.5 }), ending([2, 3], 4)), [2, 3])
  assert.deepEqual(fills(at(0.9), ending([2, 3], 0)), [2, 3])
})

test("Where everything open would end the text, the least of it is filled, and counted.", () => {
  const all = ending([0, 1, 2, 3], 0)
  const unmasking = openUnmasker(at(0.9, { endAfter: 1, min: 2 }), all)
  assert.deepEqual(positionsOf(unmasking.propose(all)[0]), [0, 1])
  assert.deepEqual(unmasking.counters!(), { endsOnly: 1 })
  assert.deepEqual(unmasking.counters!(), {})
})

test("After the most steps on a block all that is left of it is filled, ends of text too; each block has its own.", () => {
  const some = ending([2, 3], 0)
  const unmasking = openUnmasker(at(0.9, { endAfter: 1, maxSteps: 2 }), some)
  assert.deepEqual(positionsOf(unmasking.propose(some)[0]), [0])
  unmasking.propose(some)
  assert.deepEqual(positionsOf(unmasking.propose(some)[0]), [0, 1, 2, 3])
  assert.deepEqual(unmasking.counters!(), { forced: 1 })
  unmasking.begin!(some.state, { ...some.stage, index: 1 })
  assert.deepEqual(positionsOf(unmasking.propose(some)[0]), [0])
})

const roundsOf = (
  unmasker: ReturnType<typeof capped>,
  seed: number,
  block: number,
  drawn = false,
  length = 12,
) =>
  Effect.runPromise(
    denoisingLoop({
      model: maskedModel({ vocabularySize: 6, seed, spread: 4 }),
      unmasker,
      schedule: blocks({ length: block }),
      sampler: drawn ? softmaxSampler() : greedySampler,
      prompt: [1, 2],
      length,
      seed,
    }),
  )

test("Without bounds and without a gate it is its rule.", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1000),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      fc.boolean(),
      async (seed, tau, drawn) => {
        const rule = threshold({ threshold: tau })
        const [bounded, plain] = [
          await roundsOf(capped({ rule, min: 1, max: 12, endAfter: 0 }), seed, 4, drawn),
          await roundsOf(rule, seed, 4, drawn),
        ]
        assert.deepEqual(
          bounded.rounds.map(({ edit }) => edit),
          plain.rounds.map(({ edit }) => edit),
        )
      },
    ),
    { numRuns: 40 },
  )
})

test("Every step fills 1 to `max` positions, and a block takes no more steps than its cap and one.", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1000),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0, 0.5, 1),
      async (seed, max, maxSteps, endAfter) => {
        const free = await roundsOf(at(0.6, { max, endAfter }), seed, 4)
        for (const { edit } of free.rounds)
          assert.ok(edit.positions.length >= 1 && edit.positions.length <= max)
        const { rounds } = await roundsOf(at(0.6, { max, maxSteps, endAfter }), seed, 4)
        const steps = new Map<number, number>()
        for (const { view: seen } of rounds)
          steps.set(seen.stage.index, (steps.get(seen.stage.index) ?? 0) + 1)
        for (const count of steps.values()) assert.ok(count <= Math.min(4, maxSteps + 1))
      },
    ),
    { numRuns: 40 },
  )
})

test("A threshold above 1 fills one position a step; one of 0, with room for a block, a block a step.", async () => {
  assert.equal((await roundsOf(at(1.5), 3, 4)).rounds.length, 12)
  assert.equal((await roundsOf(at(0, { max: 4 }), 3, 4)).rounds.length, 3)
})

const failureOf = (node: object) =>
  Effect.runPromise(
    composeAs(UnmaskerKind, node, { registry: registryOf([plugin, thresholdPlugin, freedavePlugin]) }).pipe(
      Effect.flip,
      Effect.scoped,
    ),
  )

test("Bounds the wrong way round and rules that only try are told when the pipeline is composed.", async () => {
  const bounds = await failureOf({ use: "@parade/capped", with: { min: 5, max: 4 } })
  assert.equal(bounds.code, "pipeline.min-above-max")
  assert.equal(bounds.path, "$.with.min")
  assert.equal(freedave({ drafts: 2, by: "confidence" }).proposesSeveral, true)
  const several = await failureOf({ use: "@parade/capped", rule: { use: "@parade/freedave" } })
  assert.equal(several.code, "denoise.rule-proposes-several")
})
