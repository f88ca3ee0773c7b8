import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import { CommandError } from "../command-error.ts"

/** How a program ended, and what it printed. */
export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

const cannotStart = (command: string, cause: NodeJS.ErrnoException): CommandError =>
  new CommandError({
    code: cause.code === "ENOENT" ? "command.no-program" : "command.program-failed",
    message:
      cause.code === "ENOENT"
        ? `The program ${command} is not installed, or not in the PATH.`
        : `The program ${command} cannot be started (${cause.code ?? cause.message}).`,
    advice: command === "npm" ? "It comes with Node: see https://nodejs.org." : undefined,
    fault: "environment",
    cause,
  })

/**
 * Runs a program in a folder to its end and gives what it printed; its input is that of the command, so that it may ask.
 * An interruption ends it, and waits until it has ended.
 */
export const runProgram = (
  command: string,
  args: readonly string[],
  folder: string,
): Effect.Effect<Ran, CommandError> =>
  Effect.callback<Ran, CommandError>((resume) => {
    const child = spawn(command, args, { cwd: folder, stdio: ["inherit", "pipe", "pipe"] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
    child.once("error", (cause) => resume(Effect.fail(cannotStart(command, cause))))
    child.once("close", (status) =>
      resume(
        Effect.succeed({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
      ),
    )
    return Effect.callback<void>((ended) => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
        return ended(Effect.void)
      child.once("close", () => ended(Effect.void))
      child.kill()
    })
  })
