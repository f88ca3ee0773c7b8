import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ParadeError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { InferenceSession } from "onnxruntime-node"

/** A node in onnxruntime's profile; times in microseconds. */
interface NodeEvent {
  readonly cat: string
  readonly name: string
  readonly ts: number
}

const suffix = "_kernel_time"

/** Milliseconds of the nodes chosen, for each run: from the beginning of each to that of the next one. */
const timesOf = (events: readonly NodeEvent[], isChosen: (node: string) => boolean): readonly number[] => {
  const nodes = events
    .filter(({ cat, name }) => cat === "Node" && name.endsWith(suffix))
    .toSorted((a, b) => a.ts - b.ts)
  const runs: number[] = []
  for (const [i, { name, ts }] of nodes.entries()) {
    if (name === nodes[0]!.name) runs.push(0)
    const next = nodes[i + 1]
    if (next !== undefined && next.name !== nodes[0]!.name && isChosen(name.slice(0, -suffix.length)))
      runs[runs.length - 1]! += (next.ts - ts) / 1000
  }
  return runs
}

/**
 * What some nodes of a model's graph take where they stand, by onnxruntime's own profile: milliseconds of each run, in order. The
 * session is the last one that `use` opens.
 */
export const nodeTimes = (
  isChosen: (node: string) => boolean,
  use: Effect.Effect<void, ParadeError, Scope>,
): Effect.Effect<readonly number[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      process.env["ORT_DISABLE_TELEMETRY"] ??= "1"
      const runtime = yield* Effect.promise(() => import("onnxruntime-node"))
      const { create } = runtime.InferenceSession
      const folder = mkdtempSync(join(tmpdir(), "parade-profile-"))
      // Those before the last one choose the form of weights, and are gone by then.
      let count = 0
      let last: InferenceSession | undefined
      const profiled = async (model: string, options: InferenceSession.SessionOptions) => {
        const profileFilePrefix = join(folder, `${++count}-`)
        return (last = await create(model, { ...options, enableProfiling: true, profileFilePrefix }))
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => Object.assign(runtime.InferenceSession, { create: profiled })),
        () =>
          Effect.sync(() => {
            Object.assign(runtime.InferenceSession, { create })
            rmSync(folder, { recursive: true })
          }),
      )
      yield* use
      last!.endProfiling()
      const file = readdirSync(folder).find((name) => name.startsWith(`${count}-`))
      const events = JSON.parse(readFileSync(join(folder, file!), "utf8")) as readonly NodeEvent[]
      return timesOf(events, isChosen)
    }),
  )
