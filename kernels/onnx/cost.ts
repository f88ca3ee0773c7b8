import { type CostModel, reportProgress } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { timeInterleaved } from "./_interleave.ts"
import { coresAreBusy, readKeptJson, validUntil, writeKeptJson } from "./_kept-json.ts"
import { measurementPath } from "./_machine.ts"
import { cacheFolder } from "@parade/graph"

/** What to measure, and under which name to keep it. */
export interface CostOptions {
  /** Whatever the price depends on beside this machine: weights, device, threads, version of the runtime. */
  readonly key: readonly string[]
  /** Numbers of new rows, ascending. */
  readonly rows?: readonly number[]
  /** Numbers of cached rows, ascending. */
  readonly contexts?: readonly number[]
  /** Milliseconds to spend in all, once each was timed twice. */
  readonly budgetMs?: number
  readonly cacheFolder?: string
  /** Measure again even where figures are kept. */
  readonly fresh?: boolean
}

/** Milliseconds, `[contexts][rows]`. */
export interface CostTable {
  readonly rows: readonly number[]
  readonly contexts: readonly number[]
  readonly milliseconds: readonly (readonly number[])[]
}

/** A cost model with the figures it stands on. */
export interface MeasuredCost extends CostModel {
  readonly table: CostTable
}

/** Raise it when the measurement changes. */
const FORMAT = 3

/** Piecewise linear between the points; before the first and after the last, their slopes go on. */
const interpolate = (at: readonly number[], values: readonly number[], x: number): number => {
  if (at.length === 1) return values[0]!
  let i = 1
  while (i < at.length - 1 && x > at[i]!) i++
  const share = (x - at[i - 1]!) / (at[i]! - at[i - 1]!)
  return values[i - 1]! + share * (values[i]! - values[i - 1]!)
}

/** The nearest values that never fall (pool adjacent violators): more rows never cost less, noise apart. */
export const ascending = (values: readonly number[]): readonly number[] => {
  const pools: { sum: number; count: number }[] = []
  for (const value of values) {
    let pool = { sum: value, count: 1 }
    for (let last = pools.at(-1); last !== undefined && last.sum / last.count > pool.sum / pool.count;) {
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count }
      pools.pop()
      last = pools.at(-1)
    }
    pools.push(pool)
  }
  return pools.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count))
}

/**
 * The table as a cost model: linear in rows and in context between the measured points, in proportion beyond the
 * largest number of rows, ascending in both.
 */
export const costModel = (table: CostTable, source: string): MeasuredCost => {
  const { rows, contexts } = table
  const byRows = rows.map((_, i) => ascending(table.milliseconds.map((row) => row[i]!)))
  const [first, last] = [rows[0]!, rows.at(-1)!]
  let known: { readonly context: number; readonly prices: readonly number[] } | undefined
  const pricesAt = (context: number): readonly number[] => {
    if (known?.context === context) return known.prices
    const prices = ascending(byRows.map((column) => Math.max(0, interpolate(contexts, column, context))))
    known = { context, prices }
    return prices
  }
  return {
    table,
    source,
    milliseconds: (count, context) => {
      const price = interpolate(rows, pricesAt(context), Math.min(Math.max(count, first), last))
      return count > last ? (price * count) / last : price
    },
  }
}

const isNumbers = (value: unknown, length: number): value is readonly number[] =>
  Array.isArray(value) && value.length === length && value.every((one) => Number.isFinite(one) && one >= 0)

const readTable = (
  value: unknown,
  rows: readonly number[],
  contexts: readonly number[],
): CostTable | undefined => {
  const kept = (value ?? {}) as Partial<CostTable & { validUntil: number }>
  const { milliseconds } = kept
  return typeof kept.validUntil === "number" &&
    kept.validUntil > Date.now() &&
    Array.isArray(milliseconds) &&
    milliseconds.length === contexts.length &&
    milliseconds.every((one) => isNumbers(one, rows.length))
    ? { rows, contexts, milliseconds }
    : undefined
}

const readFigures = (value: unknown): readonly number[] | undefined => {
  const { figures, validUntil: until } = (value ?? {}) as { figures?: unknown; validUntil?: unknown }
  return typeof until === "number" &&
    until > Date.now() &&
    Array.isArray(figures) &&
    figures.every(Number.isFinite)
    ? (figures as readonly number[])
    : undefined
}

/** Other figures beside the table, in files of their own. */
const keepFigures =
  ({ cacheFolder: folder, fresh }: CostOptions, key: readonly string[]): NonNullable<CostModel["keep"]> =>
  (name, measure) =>
    Effect.gen(function* () {
      const path = measurementPath(folder ?? cacheFolder(), "costs", [...key, ...name])
      const kept = fresh === true ? undefined : readFigures(yield* readKeptJson(path))
      if (kept !== undefined) return kept
      const busy = coresAreBusy()
      const figures = yield* measure
      yield* writeKeptJson(path, { figures, validUntil: validUntil(busy) })
      return figures
    })

const defaultRows = [1, 2, 4, 8, 16, 32, 64] as const
const defaultContexts = [128, 1024] as const

/**
 * The price of a forward over new rows and context. `open` makes `context` cached rows ready and gives the forward of
 * a number of new rows over them, which is timed in interleaved rounds. Kept in the cache folder, for an hour if the
 * cores were busy, else for 30 days; until then the next call with the same key measures nothing.
 */
export const measureCost = <E, E2, R>(
  open: (context: number) => Effect.Effect<(rows: number) => Effect.Effect<unknown, E2>, E, R>,
  options: CostOptions,
): Effect.Effect<MeasuredCost, E | E2, Exclude<R, Scope>> =>
  Effect.gen(function* () {
    const { rows = defaultRows, contexts = defaultContexts, budgetMs = 1000 } = options
    const key = [`${FORMAT}`, ...options.key, rows.join(" "), contexts.join(" ")]
    const path = measurementPath(options.cacheFolder ?? cacheFolder(), "costs", key)
    const kept = options.fresh === true ? undefined : readTable(yield* readKeptJson(path), rows, contexts)
    const what = `${rows.length} numbers of rows by ${contexts.length} contexts`
    const keep = keepFigures(options, key)
    if (kept !== undefined) return { ...costModel(kept, `${what}, measured before (${path})`), keep }
    let done = 0
    const report = Effect.suspend(() =>
      reportProgress({
        task: "Measuring the price of rows, once per model and machine",
        done: done++,
        total: undefined,
        unit: "steps",
      }),
    )
    const busy = coresAreBusy()
    const measure = Effect.gen(function* () {
      const jobs: Effect.Effect<unknown, E2>[] = []
      for (const context of contexts) {
        const forward = yield* open(context)
        for (const count of rows) jobs.push(Effect.andThen(report, forward(count)))
      }
      return yield* timeInterleaved(jobs, {
        warmUps: 0,
        settleMs: 0,
        minRounds: 2,
        maxRounds: 9,
        budgetMs,
        disturbed: busy,
      })
    })
    const times = yield* Effect.scoped(measure)
    const milliseconds = contexts.map((_, i) => times.slice(i * rows.length, (i + 1) * rows.length))
    const table: CostTable = { rows, contexts, milliseconds }
    yield* writeKeptJson(path, { ...table, validUntil: validUntil(busy) })
    return { ...costModel(table, `${what}, measured now`), keep }
  })
