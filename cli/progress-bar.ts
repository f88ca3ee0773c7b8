import { Progress, type ProgressListener, type ProgressReport } from "@parade/core"
import * as Effect from "effect/Effect"
import { upToColumn } from "./cells.ts"
import { canRedraw, notePaint, noteText } from "./output.ts"

const width = 24
const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

const amount = ({ done, total, unit }: ProgressReport): string => {
  const show = unit === "bytes" ? megabytes : String
  return total === undefined ? show(done) : `${show(done)} of ${show(total)}`
}

/** A report as one line: a bar where the total is known, the time since it began where nothing is counted. */
export const progressLine = (report: ProgressReport, seconds: number): string => {
  const { task, done, total } = report
  if (done === 0 && total === undefined) return `${task}  ${seconds.toFixed(0)} s`
  if (total === undefined || total <= 0) return `${task}  ${amount(report)}`
  const filled = Math.round(width * Math.min(1, done / total))
  return `${task}  ${"━".repeat(filled)}${"╌".repeat(width - filled)}  ${amount(report)}`
}

interface Line {
  readonly listener: ProgressListener
  readonly end: () => void
}

/** One line on the terminal that is always the newest report, or how long the work has taken so far. */
const openLine = (task: string, columns: number): Line => {
  const started = performance.now()
  const paint = notePaint()
  let report: ProgressReport = { task, done: 0, total: undefined, unit: "steps" }
  let begun = started
  let frame = 0
  let shown = false
  const draw = (): void => {
    const text = progressLine(report, (performance.now() - begun) / 1000)
    frame = (frame + 1) % frames.length
    const clipped = upToColumn(noteText(`${frames[frame]!} ${text}`), 0, Math.max(10, columns - 1))
    process.stderr.write(`\r\u001B[2K${paint.dim(clipped)}`)
    shown = true
  }
  const timer = setInterval(draw, 100)
  let last = 0
  return {
    listener: (next) => {
      // Loading blocks the thread for long stretches, so reports draw by themselves, but not too often.
      const now = performance.now()
      const another = next.task !== report.task
      if (another) begun = now
      report = next
      if (another || (now - started > 100 && now - last > 50)) {
        draw()
        last = now
      }
    },
    end: () => {
      clearInterval(timer)
      if (shown) process.stderr.write("\r\u001B[2K")
    },
  }
}

/** Shows how long work comes along while it runs, on standard error and only if that can show it. */
export const withProgress = <A, E, R>(task: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  !canRedraw(process.stderr)
    ? work
    : Effect.acquireUseRelease(
        Effect.sync(() => openLine(task, process.stderr.columns > 0 ? process.stderr.columns : 80)),
        ({ listener }) => Effect.provideService(work, Progress, listener),
        ({ end }) => Effect.sync(end),
      )
