import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { naiveCache } from "../caches/naive-cache.ts"
import { type Faults, makeFaults } from "../faults/faults.ts"
import { forEveryFailure } from "../faults/for-every-failure.ts"
import { forEveryInterruption } from "../faults/for-every-interruption.ts"
import { softmaxSampler } from "../reference/samplers.ts"
import { type DecoderBench, partsOf, read, repeating, requestFor } from "./_decoder-bench.ts"
import type { Registrar } from "./test-function.ts"

const guarded = ({ make }: DecoderBench, faults: Faults) =>
  make(
    partsOf({
      model: faults.model(repeating),
      cache: faults.cache(naiveCache),
      sampler: softmaxSampler(),
    }),
  )

/** What a stream acquires it releases, however it ends. */
export const promiseDecoderResources = (promise: Registrar<DecoderBench>): void => {
  promise("releases everything when it is done, for every text anew", (bench) =>
    Effect.gen(function* () {
      const faults = makeFaults()
      const decoder = yield* guarded(bench, faults)
      const before = faults.held
      for (const seed of [1, 2]) {
        yield* read(decoder, requestFor(6, seed))
        assert.deepEqual(faults.held, before)
      }
    }),
  )

  promise("acquires nothing before its stream is read", (bench) =>
    Effect.gen(function* () {
      const faults = makeFaults()
      const decoder = yield* guarded(bench, faults)
      const before = [faults.calls, faults.held] as const
      decoder.decode(requestFor(6))
      assert.deepEqual([faults.calls, faults.held], before)
    }),
  )

  promise("releases everything when it is ended or interrupted at any event", (bench) =>
    Effect.gen(function* () {
      const stream = (faults: Faults) =>
        Stream.unwrap(Effect.map(guarded(bench, faults), (decoder) => decoder.decode(requestFor(6))))
      yield* forEveryInterruption(stream)
    }),
  )

  promise("releases everything when it is interrupted between events", (bench) =>
    Effect.gen(function* () {
      for (let turns = 0; turns < 30; turns++) {
        const faults = makeFaults()
        const text = Effect.scoped(
          Effect.flatMap(guarded(bench, faults), (decoder) =>
            Stream.runDrain(decoder.decode(requestFor(40))),
          ),
        )
        const fiber = yield* Effect.forkChild(text)
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.deepEqual(faults.held, [], `interrupted after ${turns} turns`)
      }
    }),
  )

  promise("fails in a typed way and releases everything, whichever call below it fails", (bench) =>
    Effect.gen(function* () {
      const calls = yield* forEveryFailure((faults) =>
        Effect.flatMap(guarded(bench, faults), (decoder) => read(decoder, requestFor(6))),
      )
      assert.ok(calls > 0, "it calls neither model nor cache")
    }),
  )
}
