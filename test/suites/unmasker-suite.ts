import assert from "node:assert/strict"
import type { Sampler } from "@parade/core"
import type { Schedule, Unmasker } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { maskedModel } from "../models/masked-model.ts"
import { canvasView, confidenceRows } from "../reference/canvas-view.ts"
import { denoisingLoop } from "../reference/denoising-loop.ts"
import { fills, openUnmasker } from "../reference/open-unmasker.ts"
import { greedySampler, softmaxSampler } from "../reference/samplers.ts"
import { plainBlocks, plainBlocksAhead } from "./_denoising-bench.ts"
import { type Factory, promises, type TestFunction } from "./test-function.ts"

/** What the suite is told of an unmasker. */
export interface UnmaskerSuiteOptions {
  /** Which positions it fills is a matter of chance, not of what is predicted. */
  readonly random?: boolean
}

const schedules: readonly Schedule[] = [plainBlocks(8), plainBlocks(3), plainBlocksAhead(4)]
const samplers: readonly Sampler[] = [greedySampler, softmaxSampler()]

/**
 * What every unmasker promises: edits of open positions, at least one in every round and in every group that must
 * progress, the same for the same seed, the lowest of equal positions first.
 */
export const unmaskerSuite = (
  test: TestFunction,
  factory: Factory<Unmasker>,
  options: UnmaskerSuiteOptions = {},
): void => {
  const promise = promises(test, "unmasker", factory)
  const loop = (
    unmasker: Unmasker,
    schedule: Schedule,
    sampler: Sampler,
    seed: number,
    grain?: number,
    readouts = false,
  ) =>
    denoisingLoop({
      readouts,
      model: maskedModel({
        vocabularySize: readouts || seed > 10 ? 24 : 6,
        seed,
        spread: 4,
        ...(grain === undefined ? {} : { grain }),
      }),
      unmasker,
      schedule,
      sampler,
      prompt: [1, 2],
      length: 8,
      seed,
    })

  promise("fills a canvas to its end, with open positions alone, whatever is predicted", (unmasker) =>
    Effect.gen(function* () {
      for (const schedule of schedules)
        for (const sampler of samplers)
          for (const [seed, grain] of [[1], [2], [3, 2], [4, 100]] as const) {
            const { cells, rounds } = yield* loop(unmasker, schedule, sampler, seed, grain)
            assert.ok(
              cells.every((cell) => cell >= 0),
              "something stays masked",
            )
            assert.ok(rounds.length <= 8, `${rounds.length} rounds for 8 positions`)
          }
    }),
  )

  promise("proposes several candidates only where it says so, and then chooses one", (unmasker) =>
    Effect.gen(function* () {
      for (const schedule of schedules)
        for (const { candidates } of (yield* loop(unmasker, schedule, greedySampler, 5)).rounds)
          assert.ok(
            candidates.length === 1 || unmasker.proposesSeveral === true,
            `it proposes ${candidates.length} candidates`,
          )
    }),
  )

  promise("fills something in every group that must progress", (unmasker) =>
    Effect.gen(function* () {
      for (const sampler of samplers)
        for (const seed of [6, 7, 8])
          for (const { view, edit } of (yield* loop(unmasker, plainBlocksAhead(4), sampler, seed)).rounds) {
            const urgent = view.stage.groups[0]!.positions
            assert.ok(
              edit.positions.some((position) => urgent.includes(position)),
              `it fills ${edit.positions.join()}, none of ${urgent.join()}`,
            )
          }
    }),
  )

  promise("does the same for the same seed, canvas after canvas and side by side", (unmasker) =>
    Effect.gen(function* () {
      const one = loop(unmasker, plainBlocks(4), softmaxSampler(), 9)
      const other = loop(unmasker, plainBlocks(8), softmaxSampler(), 10)
      const first = yield* one
      yield* other
      const again = yield* one
      const [beside] = yield* Effect.all([one, other], { concurrency: 2 })
      for (const run of [again, beside])
        assert.deepEqual(
          run.rounds.map(({ edit }) => edit),
          first.rounds.map(({ edit }) => edit),
        )
    }),
  )

  promise("takes the lowest of equal positions", (unmasker, skip) =>
    Effect.sync(() => {
      if (options.random === true) return skip("Chance decides which positions it fills.")
      for (const confidence of [0.2, 0.5, 0.99]) {
        const positions = fills(unmasker, canvasView(confidenceRows([confidence, confidence, confidence])))
        assert.deepEqual(positions, [0, 1, 2].slice(0, positions.length))
      }
      return undefined
    }),
  )

  promise("decides on readouts as on whole rows, where it says that they are enough", (unmasker, skip) =>
    Effect.gen(function* () {
      if (unmasker.readsTop === undefined) return skip("It reads whole rows.")
      for (const schedule of schedules)
        for (const seed of [11, 12, 13]) {
          const [rows, readouts] = yield* Effect.all(
            [false, true].map((few) => loop(unmasker, schedule, greedySampler, seed, undefined, few)),
          )
          assert.deepEqual(
            readouts!.rounds.map(({ edit }) => edit),
            rows!.rounds.map(({ edit }) => edit),
          )
        }
      return undefined
    }),
  )

  promise("counts in numbers", (unmasker) =>
    Effect.sync(() => {
      const view = canvasView(confidenceRows([0.4, 0.9]))
      const unmasking = openUnmasker(unmasker, view)
      unmasking.propose(view)
      for (const value of Object.values(unmasking.counters?.() ?? {}))
        assert.ok(Number.isFinite(value), `it counts ${value}`)
    }),
  )
}
