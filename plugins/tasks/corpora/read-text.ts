import { readFile, stat } from "node:fs/promises"
import { resolve } from "node:path"
import { type Fault } from "@parade/core"
import { TaskError } from "@parade/tasks"
import * as Effect from "effect/Effect"

/** Larger files are refused rather than read into memory: bytes. */
const limit = 2 ** 28

const failure = (
  path: string,
  code: string,
  message: string,
  advice: string,
  fault?: Fault,
  cause?: unknown,
) => new TaskError({ code: `task.${code}`, message, advice, path, fault, cause })

/** Reads a file of text, from a folder where its path is relative. */
export const readText = (source: string, base: string): Effect.Effect<string, TaskError> =>
  Effect.gen(function* () {
    const path = resolve(base, source)
    const unreadable = (cause: unknown): TaskError => {
      const missing = (cause as { readonly code?: unknown } | null)?.code === "ENOENT"
      return missing
        ? failure(
            path,
            "no-source",
            "There is no such file.",
            "Put it there, or name a file of your own in the settings.",
            "caller",
            cause,
          )
        : failure(
            path,
            "no-source",
            "The file cannot be read.",
            "Check its permissions.",
            "environment",
            cause,
          )
    }
    const found = yield* Effect.tryPromise({ try: () => stat(path), catch: unreadable })
    if (!found.isFile())
      return yield* Effect.fail(failure(path, "no-source", "This is no file.", "Name a file of text."))
    if (found.size > limit)
      return yield* Effect.fail(
        failure(
          path,
          "too-large",
          `The file has ${found.size} bytes; ${limit} are read at most.`,
          "Take a part of it.",
        ),
      )
    const bytes = yield* Effect.tryPromise({ try: (signal) => readFile(path, { signal }), catch: unreadable })
    return yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: (cause) =>
        failure(path, "not-text", "The file is not text in UTF-8.", "Convert it.", "caller", cause),
    })
  })
