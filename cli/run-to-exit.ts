import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { endingOf } from "./exit.ts"
import { notePaint } from "./output.ts"

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve()
    else stream.write("", () => resolve())
  })

/**
 * Runs a command to its end and ends the process with its status, when everything it holds is released and written.
 * SIGINT and SIGTERM interrupt it (130, 143), a second time at once; a reader that goes away ends it quietly (0).
 */
export const runToExit = async (program: Effect.Effect<void, unknown>, debug: boolean): Promise<void> => {
  let interruptedWith: number | undefined
  const fiber = Effect.runFork(program)
  const interrupt = (status: number): void => {
    if (interruptedWith !== undefined) process.exit(status)
    interruptedWith = status
    fiber.interruptUnsafe()
  }
  process.on("SIGINT", () => interrupt(130))
  process.on("SIGTERM", () => interrupt(143))
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") interrupt(0)
  })
  process.stderr.on("error", () => {})
  const ending = endingOf(await Effect.runPromise(Fiber.await(fiber)), debug)
  if (ending.message !== undefined && interruptedWith === undefined)
    process.stderr.write(`${notePaint().red("parade:")} ${ending.message}\n`)
  await Promise.all([flush(process.stdout), flush(process.stderr)])
  process.exit(interruptedWith ?? ending.status)
}
