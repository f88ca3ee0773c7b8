import type * as Command from "effect/cli/Command"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import { writeTo } from "./output.ts"

/**
 * What effect's CLI module asks of a platform. This command's flags are plain values: files are read by the commands
 * themselves, nothing is asked at the terminal and no process is started while parsing, so most of it is never used.
 * (The platform package that has all of it is made for newer Nodes than this one supports.)
 */
export const cliServices: Effect.Effect<Context.Context<Command.Environment>> = Effect.gen(function* () {
  const path = yield* Effect.provide(Path.Path, Path.layer)
  const size = Effect.sync(() => process.stdout.columns ?? 80)
  return Context.make(FileSystem.FileSystem, FileSystem.makeNoop({})).pipe(
    Context.add(Path.Path, path),
    Context.add(
      Terminal.Terminal,
      Terminal.make({
        columns: size,
        rows: Effect.sync(() => process.stdout.rows ?? 24),
        size: Queue.unbounded<Terminal.Size>(),
        readInput: Queue.unbounded<Terminal.UserInput>(),
        readLine: Effect.fail(new Terminal.QuitError({})),
        display: (text) => Effect.sync(() => void writeTo(process.stdout, text)),
      }),
    ),
    Context.add(
      Stdio.Stdio,
      Stdio.make({
        args: Effect.sync(() => process.argv.slice(2)),
        stdinIsTerminal: Effect.sync(() => process.stdin.isTTY === true),
        stdoutIsTerminal: Effect.sync(() => process.stdout.isTTY === true),
        stderrIsTerminal: Effect.sync(() => process.stderr.isTTY === true),
        stdout: () => Sink.forEach((text) => Effect.sync(() => void writeTo(process.stdout, text))),
        stderr: () => Sink.forEach((text) => Effect.sync(() => void writeTo(process.stderr, text))),
        stdin: Stream.empty,
      }),
    ),
    Context.add(
      ChildProcessSpawner.ChildProcessSpawner,
      ChildProcessSpawner.make(() => Effect.die("no process is started while parsing")),
    ),
  )
})
