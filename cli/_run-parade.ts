import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** The command's file. */
export const bin: string = fileURLToPath(new URL("bin/parade.mjs", import.meta.url))

/** How a command ended. */
export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Starts the command as a process of its own; no model is named but by the arguments or the environment given. */
export const startParade = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [bin, ...args], { env: { ...process.env, PARADE_MODEL: "", ...env } })

export const ended = (child: ChildProcessWithoutNullStreams): Promise<Ended> =>
  new Promise((resolve) => {
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()))
    child.on("close", (status) => resolve({ status, out, err }))
  })

/** Runs the command to its end. */
export const runParade = (args: readonly string[], input = "", env?: NodeJS.ProcessEnv): Promise<Ended> => {
  const child = startParade(args, env)
  child.stdin.end(input)
  return ended(child)
}
