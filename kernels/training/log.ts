import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"

/** What is known of a step: a line of the log. */
export interface StepRecord {
  readonly step: number
  readonly rate: number
  readonly gradientNorm: number
  /** The outputs of the loss graph. */
  readonly metrics: Readonly<Record<string, number>>
  /** What an evaluation after the step gave, where there was one. */
  readonly evaluation?: Readonly<Record<string, number>>
  readonly seconds: number
}

const writing = (path: string, work: () => void): Effect.Effect<void, TrainingError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      new TrainingError({
        code: "training.log-failed",
        message: `The log cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
        advice:
          "Check that there is room and that you may write there; a training goes on from its last checkpoint.",
        path,
        fault: "environment",
        cause,
      }),
  })

export const appendLog = (path: string, record: StepRecord): Effect.Effect<void, TrainingError> =>
  writing(path, () => appendFileSync(path, `${JSON.stringify(record)}\n`))

const stepOf = (line: string): number => {
  try {
    const { step } = JSON.parse(line) as { readonly step?: unknown }
    return typeof step === "number" ? step : Infinity
  } catch {
    // The end of a line that was being written when the run was killed.
    return Infinity
  }
}

/** Takes away what was logged after a step, so that a run that goes on from there leaves no step twice. */
export const cutLog = (path: string, step: number): Effect.Effect<void, TrainingError> =>
  writing(path, () => {
    if (!existsSync(path)) return
    const kept = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "" && stepOf(line) <= step)
    writeFileSync(`${path}.tmp`, kept.map((line) => `${line}\n`).join(""))
    renameSync(`${path}.tmp`, path)
  })

/** The log of a training so far, without a line that is still being written; empty where there is none. */
export const readLog = (path: string): Effect.Effect<readonly StepRecord[], TrainingError> =>
  Effect.try({
    try: () =>
      existsSync(path)
        ? readFileSync(path, "utf8")
            .split("\n")
            .filter((line) => stepOf(line) < Infinity)
            .map((line) => JSON.parse(line) as StepRecord)
        : [],
    catch: (cause) =>
      new TrainingError({
        code: "training.log-failed",
        message: `The log cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
        advice: "Check its permissions, or move it away: it only shows how a training went.",
        path,
        fault: "environment",
        cause,
      }),
  })
