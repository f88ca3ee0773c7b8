import { makeFolders } from "@parade/graph"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"

const codeOf = (cause: unknown): string => (cause as { readonly code?: string } | undefined)?.code ?? ""

/** What only another name helps against. */
const adviceOf: Readonly<Record<string, string>> = {
  EEXIST: "A file lies there: name another folder.",
  ENOTDIR: "A file lies there: name another folder.",
  ENOENT: "Nobody makes folders there: name another folder.",
}

/** Makes a folder and those it lies in. Fails with `training.no-folder`. */
export const makeFolder = (path: string): Effect.Effect<void, TrainingError> =>
  Effect.try({
    try: () => makeFolders(path),
    catch: (cause) =>
      new TrainingError({
        code: "training.no-folder",
        message: `The folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
        path,
        advice:
          adviceOf[codeOf(cause)] ??
          "Check that there is room and that you may write there, or name another folder.",
        fault: codeOf(cause) in adviceOf ? "caller" : "environment",
        cause,
      }),
  })
