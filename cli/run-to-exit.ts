import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { OutsidePluginDefect } from "./bundled-mode.ts"
import { endingOf } from "./exit.ts"
import { notePaint, noteText } from "./output.ts"

const wantsUnbundled = (exit: Exit.Exit<unknown, unknown>): boolean =>
  exit._tag === "Failure" &&
  exit.cause.reasons.some(
    (reason) => Cause.isDieReason(reason) && reason.defect instanceof OutsidePluginDefect,
  )

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve()
    else stream.write("", () => resolve())
  })

/**
 * Runs a command to its end and ends the process with its status, when everything it holds is released and written.
 * SIGINT and SIGTERM interrupt it (130, 143), a second time at once; a reader that goes away ends it quietly (0).
 * Returns `false`, the process going on, where the command asks to be run unbundled.
 */
export const runToExit = async (program: Effect.Effect<void, unknown>, debug: boolean): Promise<false> => {
  let interruptedWith: number | undefined
  const fiber = Effect.runFork(program)
  const interrupt = (status: number): void => {
    if (interruptedWith !== undefined) process.exit(status)
    interruptedWith = status
    fiber.interruptUnsafe()
  }
  const onInterrupt = (): void => interrupt(130)
  const onTerminate = (): void => interrupt(143)
  const onOutError = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") interrupt(0)
  }
  const onNoteError = (): void => {}
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate)
  process.stdout.on("error", onOutError)
  process.stderr.on("error", onNoteError)
  const exit = await Effect.runPromise(Fiber.await(fiber))
  if (wantsUnbundled(exit)) {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate)
    process.stdout.off("error", onOutError)
    process.stderr.off("error", onNoteError)
    return false
  }
  const ending = endingOf(exit, debug)
  if (ending.message !== undefined && interruptedWith === undefined)
    process.stderr.write(`${notePaint().red("parade:")} ${noteText(ending.message)}\n`)
  // The terminal has echoed ^C behind unfinished text; what comes next starts on a line of its own.
  if (interruptedWith !== undefined && process.stderr.isTTY === true) process.stderr.write("\n")
  await Promise.all([flush(process.stdout), flush(process.stderr)])
  return process.exit(interruptedWith ?? ending.status)
}
