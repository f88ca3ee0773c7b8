import { mkdirSync } from "node:fs"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"

/** A file lies where the folder, or one that it lies in, should be. */
const isInTheWay = (cause: unknown): boolean =>
  ["EEXIST", "ENOTDIR"].includes((cause as { readonly code?: string } | undefined)?.code ?? "")

/** Makes a folder and those it lies in. Fails with `training.no-folder`. */
export const makeFolder = (path: string): Effect.Effect<void, TrainingError> =>
  Effect.try({
    try: () => void mkdirSync(path, { recursive: true }),
    catch: (cause) =>
      new TrainingError({
        code: "training.no-folder",
        message: `The folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
        path,
        advice: isInTheWay(cause)
          ? "A file lies there: name another folder."
          : "Check that there is room and that you may write there, or name another folder.",
        fault: isInTheWay(cause) ? "caller" : "environment",
        cause,
      }),
  })
