import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { indexText, indexWorkspace } from "./index-workspace.ts"
import { writeOut } from "./output.ts"
import { writeWholeFile } from "./write-whole-file.ts"

const folder = Argument.String("FOLDER").pipe(
  Argument.withDescription("The workspace, or one package; the current folder when left out"),
  Argument.withDefault("."),
)

const counted = (plugins: number): string => `${plugins} ${plugins === 1 ? "plugin" : "plugins"}`

const build = Command.make("build", { folder }, ({ folder }) =>
  Effect.gen(function* () {
    const plugins = yield* indexWorkspace(folder)
    const path = join(folder, "registry.json")
    yield* Effect.tryPromise({
      try: () => writeWholeFile(path, indexText(plugins)),
      catch: (cause) =>
        new CommandError({
          code: "command.unwritable-file",
          path,
          message: `This file cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`,
          advice: "Name a workspace in a folder that may be written.",
          cause,
        }),
    })
    yield* writeOut(`${path}: ${counted(plugins.length)}\n`)
  }),
).pipe(Command.withDescription("Write registry.json, the index of the plugins"))

const check = Command.make("check", { folder }, ({ folder }) =>
  Effect.gen(function* () {
    const plugins = yield* indexWorkspace(folder)
    const path = join(folder, "registry.json")
    if (existsSync(path) && readFileSync(path, "utf8") === indexText(plugins))
      return yield* writeOut(`${path} is fresh: ${counted(plugins.length)}\n`)
    return yield* Effect.fail(
      new CommandError({
        code: "command.stale-registry",
        path,
        message: existsSync(path) ? "This is not what the packages say." : "There is no index yet.",
        advice: "Run parade registry build.",
        fault: "environment",
      }),
    )
  }),
).pipe(Command.withDescription("Say whether registry.json is what the packages say"))

/** `parade registry`. */
export const registryCommand: Command.Command.Any = Command.make("registry").pipe(
  Command.withDescription("Write or check an index of the plugins of a workspace"),
  Command.withSubcommands([build, check]),
)
