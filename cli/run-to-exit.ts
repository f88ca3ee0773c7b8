import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { OutsidePluginDefect } from "./bundled-mode.ts"
import { CommandError } from "./command-error.ts"
import { endingOf } from "./exit.ts"
import { notePaint, noteText, writeTo } from "./output.ts"
import { stopOne } from "./stoppable.ts"

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

const lostOutput = (cause: NodeJS.ErrnoException): CommandError =>
  new CommandError({
    code: "command.cannot-write",
    message: `Standard output cannot be written (${cause.code ?? cause.message}).`,
    advice: "Make room, or write elsewhere.",
    fault: "environment",
    cause,
  })

/**
 * Runs a command to its end and ends the process with its status, when everything it holds is released and written.
 * SIGINT and SIGTERM interrupt it (130, 143), a second time at once; a SIGINT goes to what is `stoppable` first. A reader
 * that goes away ends it quietly (0), and a full disk not quietly (1).
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
  const onInterrupt = (): void => {
    if (interruptedWith !== undefined || !stopOne()) interrupt(130)
  }
  const onTerminate = (): void => interrupt(143)
  let lost: CommandError | undefined
  // A stream that has failed never drains: who waits for it has to be interrupted.
  const onOutError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE" && interruptedWith === undefined) lost = lostOutput(error)
    interrupt(lost === undefined ? 0 : 1)
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
  const ending = endingOf(lost === undefined ? exit : Exit.fail(lost), debug)
  if (ending.message !== undefined && (interruptedWith === undefined || lost !== undefined))
    writeTo(process.stderr, `${notePaint().red("parade:")} ${noteText(ending.message)}\n`)
  // The terminal has echoed ^C behind unfinished text; what comes next starts on a line of its own.
  if (interruptedWith !== undefined && process.stderr.isTTY === true) process.stderr.write("\n")
  // A stream that could not write what it had is never written empty.
  if (lost === undefined) await flush(process.stdout)
  await flush(process.stderr)
  return process.exit(interruptedWith ?? ending.status)
}
