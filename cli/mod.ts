/** The `parade` command. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import { CurrentLoggers } from "effect/Logger"
import { Bundled } from "./bundled-mode.ts"
import { commandsFor } from "./commands.ts"
import { noteLogger } from "./note-logger.ts"
import manifest from "./package.json" with { type: "json" }
import { presenter } from "./presenter.ts"
import { runToExit } from "./run-to-exit.ts"
import { cliServices } from "./services.ts"

const Debug = GlobalFlag.Setting("debug")({
  flag: Flag.Boolean("debug").pipe(
    Flag.withDescription("Show where in the code a failure happened"),
    Flag.withDefault(false),
  ),
})

const builtIns = [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions]

const program = Effect.fnUntraced(function* (args: readonly string[]) {
  const commands = yield* Effect.promise(() => commandsFor(args))
  const parade = Command.make("parade").pipe(
    Command.withDescription("Decode language models in parallel, with pipelines written in JSON"),
    Command.withSubcommands(commands),
    Command.withGlobalFlags([Debug]),
  )
  yield* Command.runWith(parade, { version: manifest.version })(args)
})

/**
 * Runs the command with its arguments and ends the process with its status. Returns only where the bundle was asked to
 * run a pipeline with plugins from outside: `false`, and nothing done.
 */
export const main = async (
  args: readonly string[],
  options: { readonly bundled: boolean } = { bundled: false },
): Promise<boolean> => {
  const services = await Effect.runPromise(cliServices)
  const whole = program(args).pipe(
    Effect.provideContext(services),
    Effect.provideService(CliConfig.CliConfig, CliConfig.make({ builtIns })),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provideService(CurrentLoggers, new Set([noteLogger])),
    Effect.provideService(Bundled, options.bundled),
  )
  // What the subcommands fail with is only known once they are loaded.
  return runToExit(whole as Effect.Effect<void, unknown>, args.includes("--debug"))
}
