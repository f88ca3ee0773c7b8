import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** How far long work has come: loading, conversion, download, measuring. */
export interface ProgressReport {
  /** What is being done, for people; equal texts are one task. */
  readonly task: string
  /** Done so far, ascending. A task that cannot count is told once, with 0 of nobody knows how many. */
  readonly done: number
  /** `undefined` where nobody knows. */
  readonly total: number | undefined
  readonly unit: "bytes" | "steps"
}

/** Told of progress; must be quick and must not throw. */
export type ProgressListener = (report: ProgressReport) => void

/** Who is told of progress; nobody by default. A command or a server provides its own. */
export const Progress: Context.Reference<ProgressListener> = Context.Reference<ProgressListener>(
  "@parade/core/Progress",
  { defaultValue: () => () => {} },
)

/**
 * Tells of progress from within an effect. Where reports come from a callback, take the listener once instead:
 * `const listener = yield* Progress`.
 *
 * @example
 * ```ts
 * import { reportProgress } from "@parade/core"
 *
 * const step = reportProgress({ task: "Reading weights", done: 3, total: 12, unit: "steps" })
 * ```
 */
export const reportProgress = (report: ProgressReport): Effect.Effect<void> =>
  Effect.map(Progress, (listener) => listener(report))

/** Tells what is being done now, where nobody can say how far it is. */
export const reportTask = (task: string): Effect.Effect<void> =>
  reportProgress({ task, done: 0, total: undefined, unit: "steps" })
