import { loadavg } from "node:os"
import * as Effect from "effect/Effect"
import { readKeptJson, writeKeptJson } from "./_kept-json.ts"

/** How many threads pay on this machine, and the times that say so. */
export interface ThreadMeasurement {
  readonly threads: number
  /** Median milliseconds of one row and of eight through a stack of products, by number of threads. */
  readonly times: readonly { readonly threads: number; readonly one: number; readonly eight: number }[]
}

const HOUR = 3_600_000

/** How long an answer holds: not for long where others were using the cores, because they may stop. */
export const validFor = (load: number, cores: number): number => (load > cores / 2 ? HOUR : 30 * 24 * HOUR)

interface Kept extends ThreadMeasurement {
  /** Milliseconds since 1970. */
  readonly validUntil: number
}

const isValid = (value: unknown, candidates: readonly number[]): value is Kept => {
  const { threads, times, validUntil } = (value ?? {}) as Partial<Kept>
  return (
    candidates.includes(threads as number) &&
    Array.isArray(times) &&
    typeof validUntil === "number" &&
    validUntil > Date.now()
  )
}

/** The answer kept in a file, or a new one, kept there. */
export const keepThreads = <E>(
  path: string,
  candidates: readonly number[],
  fresh: boolean,
  measure: Effect.Effect<ThreadMeasurement, E>,
): Effect.Effect<ThreadMeasurement, E> =>
  Effect.gen(function* () {
    const kept = fresh ? undefined : yield* readKeptJson(path)
    if (isValid(kept, candidates)) return { threads: kept.threads, times: kept.times }
    const load = loadavg()[0]!
    const measured = yield* measure
    const validUntil = Date.now() + validFor(load, candidates.at(-1)!)
    yield* writeKeptJson(path, { ...measured, validUntil } satisfies Kept)
    return measured
  })
