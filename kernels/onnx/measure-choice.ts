import { reportTask } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { timeInterleaved } from "./_interleave.ts"
import { coresAreBusy, readKeptJson, validUntil, writeKeptJson } from "./_kept-json.ts"
import { measurementPath } from "./_machine.ts"
import { cacheFolder } from "@parade/graph"

/** A way to compute something: opened, it makes a forward of some rows; `undefined` where this machine gets it wrong. */
export type Way<E, R> = Effect.Effect<((rows: number) => Effect.Effect<unknown, E>) | undefined, E, R>

export interface ChoiceOptions {
  /** Whatever the answer depends on beside this machine: what is chosen, device, threads, version of the runtime. */
  readonly key: readonly string[]
  /** Numbers of rows that count alike. */
  readonly rows: readonly number[]
  readonly cacheFolder?: string
  /** Measure again even where an answer is kept. */
  readonly fresh?: boolean
}

/** The fastest of the ways that this machine gets right, and the times that say so. */
export interface Choice<Name extends string> {
  readonly name: Name
  /** The least milliseconds, by way, one per number of rows. */
  readonly times: Readonly<Record<string, readonly number[]>>
}

/** Raise it when the measurement changes. */
const FORMAT = 4
/** onnxruntime's threads spin for about a millisecond. */
const SETTLE_MS = 4

/** By the geometric mean over the numbers of rows. */
const fastest = <Name extends string>(names: readonly Name[], times: Choice<Name>["times"]): Name => {
  const cost = (name: Name): number => times[name]!.reduce((sum, time) => sum + Math.log(time), 0)
  return names.reduce((best, name) => (cost(name) < cost(best) ? name : best))
}

const readChoice = <Name extends string>(
  value: unknown,
  names: readonly Name[],
): Choice<Name> | undefined => {
  const { name, times, validUntil: until } = (value ?? {}) as Partial<Choice<Name>> & { validUntil?: unknown }
  return names.includes(name as Name) &&
    typeof times === "object" &&
    typeof until === "number" &&
    until > Date.now()
    ? { name: name as Name, times }
    : undefined
}

/**
 * Which of several ways to compute the same is the fastest on this machine: timed in interleaved rounds, and kept in
 * the cache folder; for an hour if the cores were busy, else for 30 days. One way at least must be right.
 */
export const measureChoice = <Name extends string, E, R>(
  ways: Readonly<Record<Name, Way<E, R>>>,
  options: ChoiceOptions,
): Effect.Effect<Choice<Name>, E, Exclude<R, Scope>> =>
  Effect.gen(function* () {
    const names = Object.keys(ways) as Name[]
    const { rows, key } = options
    const path = measurementPath(options.cacheFolder ?? cacheFolder(), "choices", [
      `${FORMAT}`,
      ...key,
      ...names,
      rows.join(" "),
    ])
    const kept = options.fresh === true ? undefined : readChoice(yield* readKeptJson(path), names)
    if (kept !== undefined) return kept
    const busy = coresAreBusy()
    const measure = Effect.gen(function* () {
      yield* reportTask("Measuring the fastest way to compute, once per machine")
      const jobs: Effect.Effect<unknown, E>[] = []
      const able: Name[] = []
      for (const name of names) {
        const forward = yield* ways[name]
        if (forward === undefined) continue
        able.push(name)
        for (const count of rows) jobs.push(forward(count))
      }
      const least = yield* timeInterleaved(jobs, {
        warmUps: 1,
        minRounds: 3,
        maxRounds: 15,
        budgetMs: 200,
        settleMs: SETTLE_MS,
        // Neighbours of a virtual machine do not show, and an answer is kept for long: the least times are compared.
        disturbed: true,
      })
      const times = Object.fromEntries(
        able.map((name, i) => [name, least.slice(i * rows.length, (i + 1) * rows.length)]),
      )
      return { able, times }
    })
    const { able, times } = yield* Effect.scoped(measure)
    const choice = { name: fastest(able, times), times }
    yield* writeKeptJson(path, { ...choice, validUntil: validUntil(busy) })
    return choice
  })
