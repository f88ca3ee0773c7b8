import * as Effect from "effect/Effect"
import { coresAreBusy, readKeptJson, validUntil, writeKeptJson } from "./_kept-json.ts"

/** How many threads pay on this machine, and the times that say so. */
export interface ThreadMeasurement {
  readonly threads: number
  /** Milliseconds of one row and of eight through a stack of products, by number of threads. */
  readonly times: readonly { readonly threads: number; readonly one: number; readonly eight: number }[]
}

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

/** The answer kept in a file, or a new one, kept there; whether the cores are busy now is told to `measure`. */
export const keepThreads = <E>(
  path: string,
  candidates: readonly number[],
  fresh: boolean,
  measure: (busy: boolean) => Effect.Effect<ThreadMeasurement, E>,
): Effect.Effect<ThreadMeasurement, E> =>
  Effect.gen(function* () {
    const kept = fresh ? undefined : yield* readKeptJson(path)
    if (isValid(kept, candidates)) return { threads: kept.threads, times: kept.times }
    const busy = coresAreBusy()
    const measured = yield* measure(busy)
    yield* writeKeptJson(path, { ...measured, validUntil: validUntil(busy) } satisfies Kept)
    return measured
  })
