import type { StepRecord } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { canRedraw, notePaint, noteText } from "../output.ts"
import { evaluationLine, liveLine } from "./lines.ts"
import { Pace } from "./pace.ts"

/** Who is told how a training comes along. */
export interface TrainingView {
  readonly onStep: (record: StepRecord) => void
  /** A line that stays. */
  readonly say: (text: string) => void
}

const clear = "\r\u001B[2K"

/**
 * Shows a training on standard error: on a terminal a line that is always the newest step, and everywhere a line for
 * each evaluation. Cleared away with the scope; SIGINT is answered at once, though the step has to end first.
 */
export const openView = (steps: number, tokensPerStep: number): Effect.Effect<TrainingView, never, Scope> => {
  const { stderr } = process
  const terminal = canRedraw(stderr)
  const paint = notePaint()
  const pace = new Pace(tokensPerStep)
  let drawn = 0
  const columns = (): number => (stderr.columns > 0 ? stderr.columns : 80)
  const draw = (text: string): void => {
    stderr.write(`${clear}${paint.dim(noteText(text).slice(0, columns() - 1))}`)
    drawn = performance.now()
  }
  const note = (text: string): void => {
    stderr.write(`${terminal ? clear : ""}${noteText(text)}\n`)
    drawn = 0
  }
  const onInterrupt = (): void => note("Stopping after this step; once more stops at once.")
  const open = Effect.sync((): TrainingView => {
    process.on("SIGINT", onInterrupt)
    if (terminal) draw("Preparing …")
    return {
      say: note,
      onStep: (record) => {
        pace.add(record)
        if (record.evaluation !== undefined) note(evaluationLine(record, steps, pace))
        if (terminal && performance.now() - drawn > 100) draw(liveLine(record, steps, pace))
      },
    }
  })
  const close = Effect.suspend(() => {
    process.off("SIGINT", onInterrupt)
    if (terminal) stderr.write(clear)
    return Effect.void
  })
  return Effect.acquireRelease(open, () => close)
}
