import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"

/** What a worker says when it can answer. */
export interface Ready {
  readonly loadMs: number
  readonly residentBytes: number
  /** From starting the process, seen from outside. */
  readonly processMs: number
}

/** One answer. */
export interface Answer {
  readonly tokens: readonly number[]
  readonly at: readonly number[]
  readonly residentBytes: number
  readonly peakBytes: number
}

/** An engine in a process of its own. */
export interface Worker {
  readonly name: string
  readonly pid: number
  readonly ready: Ready
  /** The ids of what a user says; Parade's worker alone can tell. */
  readonly encode: (text: string) => Promise<{ readonly ids: readonly number[] }>
  readonly generate: (ids: readonly number[], count: number) => Promise<Answer>
  readonly stop: () => Promise<void>
}

/** How to start an engine. */
export interface Engine {
  readonly name: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

const stopped = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) resolve()
    else {
      child.once("exit", () => resolve())
      child.kill()
    }
  })

/** Starts an engine and waits until it is ready; rejects with what it printed where it is not. */
export const startWorker = async (engine: Engine): Promise<Worker> => {
  const started = performance.now()
  const child = spawn(process.execPath, [...engine.command], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...engine.environment },
  })
  let errors = ""
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async <A>(): Promise<A> => {
    const line = await lines.next()
    if (line.done === true)
      throw new Error(`${engine.name} ended: ${errors.trim().split("\n").slice(-3).join(" ")}`)
    return JSON.parse(line.value) as A
  }
  const ask = <A>(question: unknown): Promise<A> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    return next<A>()
  }
  const ready = await next<Omit<Ready, "processMs">>()
  return {
    name: engine.name,
    pid: child.pid!,
    ready: { ...ready, processMs: performance.now() - started },
    encode: (text) => ask<{ readonly ids: readonly number[] }>({ encode: text }),
    generate: (ids, count) => ask<Answer>({ ids, count }),
    stop: () => stopped(child),
  }
}
