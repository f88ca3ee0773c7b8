import * as Effect from "effect/Effect"
import type { DraftContext } from "./drafter.ts"

/** What parts are taken to cost where nobody knows the size of the target, as a share of it. */
const assumedShare = 0.1

/** Runs before the first that counts: the first ones make memory ready. */
const warmUps = 2

/** Runs that are timed; the median counts. */
const timed = 9

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const measure = <E>(run: Effect.Effect<unknown, E>): Effect.Effect<number, E> =>
  Effect.gen(function* () {
    const times: number[] = []
    for (let i = 0; i < warmUps + timed; i++) {
      const start = performance.now()
      yield* run
      if (i >= warmUps) times.push(performance.now() - start)
    }
    return median(times)
  })

/** What is run to draft, beside the target's own forward. */
export interface DraftingRun<E> {
  /** One of them, on any numbers. */
  readonly run: Effect.Effect<unknown, E>
  /** Bytes of weights that it reads. */
  readonly bytes: number
}

/**
 * What a run of a drafter's own parts costs, in the unit of the context's `cost`, at the length the text has now: timed
 * once for each target where the price of the target's rows was measured, otherwise the target's price in proportion to
 * the bytes.
 *
 * ```ts
 * import { type DraftContext, runPrice } from "@parade/drafting"
 * import * as Effect from "effect/Effect"
 *
 * const price = runPrice((context: DraftContext) => ({
 *   run: context.target.head!(new Float32Array(context.target.info.width)),
 *   bytes: 4 * context.target.info.width * context.target.info.vocabularySize,
 * }))
 * ```
 */
export const runPrice = <E>(
  runOf: (context: DraftContext) => DraftingRun<E>,
): ((context: DraftContext) => Effect.Effect<number, E>) => {
  const known = new WeakMap<object, number>()
  return (context) =>
    Effect.gen(function* () {
      const { target, cost, history } = context
      const { run, bytes } = runOf(context)
      if ((yield* target.cost) === undefined) {
        const { weightBytes } = target.info
        const share = weightBytes > 0 ? Math.min(1, bytes / weightBytes) : assumedShare
        return share * cost.milliseconds(1, history.length)
      }
      const price = known.get(target) ?? (yield* measure(run))
      known.set(target, price)
      return price
    })
}
