import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { tensor, toOnnx } from "@parade/graph"
import { type DeviceError, reportTask } from "@parade/core"
import * as Effect from "effect/Effect"
import { cacheFolder } from "@parade/graph"
import { hostRun } from "./_host-program.ts"
import { timeInterleaved } from "./_interleave.ts"
import { keepThreads } from "./_kept-threads.ts"
import type { ThreadMeasurement } from "./_kept-threads.ts"
import { measurementPath } from "./_machine.ts"
import { productGraph, productWidth } from "./_product-graph.ts"
import { loadRuntime, runtimeVersion } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import { openSession } from "./_session.ts"
import type { DeviceOptions } from "./options.ts"

export type { ThreadMeasurement }

export interface MeasureThreadsOptions {
  readonly cacheFolder?: string
  /** Measure again even where an answer is kept. */
  readonly fresh?: boolean
  /** As of the sessions that follow: some entries count for a process by its first session. */
  readonly extra?: DeviceOptions["extra"]
}

/** Raise it when the measurement changes. */
const FORMAT = 3

/** Cores that do not share their arithmetic units with another, as far as the system tells. */
const physicalCores = (): number => {
  const available = availableParallelism()
  if (process.platform !== "linux") return available
  try {
    const listed = readFileSync("/proc/cpuinfo", "utf8").split("\n\n")
    const cores = listed.map((one) => `${/^physical id.*$/m.exec(one)?.[0]} ${/^core id.*$/m.exec(one)?.[0]}`)
    const distinct = new Set(cores.filter((core) => !core.includes("undefined"))).size
    return distinct === 0 ? available : Math.min(distinct, available)
  } catch {
    return available
  }
}

/** 1, 2, 4 … and all cores: on virtual cores shared with others, fewer can be faster. */
export const threadCandidates = (cores: number): readonly number[] => {
  const candidates: number[] = []
  for (let threads = 1; threads < cores; threads *= 2) candidates.push(threads)
  return [...candidates, cores]
}

/** More threads must earn more than noise. */
const GAIN = 1.05

/** The fewest threads within a few per cent of the best, by the geometric mean over one and eight rows. */
export const chooseThreads = (times: ThreadMeasurement["times"]): number => {
  const cost = (time: { readonly one: number; readonly eight: number }): number =>
    Math.sqrt(time.one * time.eight)
  const best = Math.min(...times.map(cost))
  return times.find((time) => cost(time) <= best * GAIN)?.threads ?? 1
}

const measure = (
  runtime: Runtime,
  candidates: readonly number[],
  extra: NonNullable<DeviceOptions["extra"]>,
  busy: boolean,
): Effect.Effect<ThreadMeasurement, DeviceError> =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* reportTask("Measuring how many threads are fastest, once per machine")
      const graph = productGraph()
      const { model } = toOnnx(graph)
      const jobs: Effect.Effect<unknown, DeviceError>[] = []
      for (const threads of candidates) {
        const settings = { provider: "cpu", threads, optimization: "all", extra } as const
        const run = hostRun(runtime, yield* openSession(runtime, model, settings, graph.name), graph)
        for (const rows of [1, 8]) {
          const data = Float32Array.from({ length: rows * productWidth }, (_, i) => Math.sin(i))
          const x = tensor("float32", [rows, productWidth], data)
          jobs.push(run({ x }, [{ name: "y" }]))
        }
      }
      const milliseconds = yield* timeInterleaved(jobs, {
        warmUps: 0,
        minRounds: 2,
        maxRounds: 15,
        budgetMs: 200,
        // Whoever uses the cores now is there in every round, and is to be shared with, for the hour that the answer
        // holds. On a machine that looks quiet a neighbour's burst is to decide nothing: it would for a month.
        disturbed: !busy,
      })
      const times = candidates.map((threads, i) => ({
        threads,
        one: milliseconds[2 * i]!,
        eight: milliseconds[2 * i + 1]!,
      }))
      return { threads: chooseThreads(times), times }
    }),
  )

/**
 * How many threads one operator should use on this machine: measured on products of a decoder's shape over 1, 2,
 * 4 … and all cores, interleaved, and kept in the cache folder by processor, cores and version of onnxruntime; by their
 * middle times and for an hour if the cores were busy, else by the least and for 30 days.
 */
export const measureThreads = (
  options: MeasureThreadsOptions = {},
): Effect.Effect<ThreadMeasurement, DeviceError> =>
  Effect.gen(function* () {
    const candidates = threadCandidates(physicalCores())
    if (candidates.length === 1) return { threads: 1, times: [] }
    const runtime = yield* loadRuntime
    const key = [`${FORMAT}`, candidates.join(" "), runtimeVersion(runtime)]
    const path = measurementPath(options.cacheFolder ?? cacheFolder(), "threads", key)
    return yield* keepThreads(path, candidates, options.fresh === true, (busy) =>
      measure(runtime, candidates, options.extra ?? {}, busy),
    )
  })
