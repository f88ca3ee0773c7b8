import { existsSync } from "node:fs"
import { open, unlink } from "node:fs/promises"
import { type Fault, RequestError } from "@parade/core"
import * as Effect from "effect/Effect"
import { writeWholeFile } from "./write-whole-file.ts"

/** Writes reports of a command, which fail with its code. */
export interface ReportFile {
  /** What a report is of takes long, so whether it has a place is found out before, and leaves nothing there. */
  readonly check: (file: string) => Effect.Effect<void, RequestError>
  readonly write: (file: string, text: string) => Effect.Effect<void, RequestError>
}

export const reportFile = (code: string): ReportFile => {
  const cannotWrite = (path: string, fault: Fault, cause: unknown): RequestError =>
    new RequestError({
      code,
      message: `The report cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`,
      advice: "Name a file in a folder that is there and may be written.",
      path,
      fault,
      cause,
    })
  return {
    check: (file) =>
      Effect.tryPromise({
        try: async () => {
          const fresh = !existsSync(file)
          await (await open(file, "a")).close()
          if (fresh) await unlink(file)
        },
        catch: (cause) => cannotWrite(file, "caller", cause),
      }),
    write: (file, text) =>
      Effect.tryPromise({
        try: () => writeWholeFile(file, text),
        catch: (cause) => cannotWrite(file, "environment", cause),
      }),
  }
}
