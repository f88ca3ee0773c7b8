import { renameSync, rmSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"

/** A file that appears whole or not at all. Fails with `training.cannot-write`. */
export const writeWhole = (path: string, text: string): Effect.Effect<void, TrainingError> =>
  Effect.try({
    try: () => {
      const unfinished = `${path}.tmp`
      try {
        writeFileSync(unfinished, text)
        renameSync(unfinished, path)
      } catch (cause) {
        rmSync(unfinished, { force: true })
        throw cause
      }
    },
    catch: (cause) =>
      new TrainingError({
        code: "training.cannot-write",
        message: `The file cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
        advice: "Make room, or choose another folder.",
        path,
        fault: "environment",
        cause,
      }),
  })
