import * as Command from "effect/cli/Command"
import { checkCommand } from "./check-command.ts"
import { newCommand } from "./new-command.ts"
import { packCommand } from "./pack-command.ts"
import { publishCommand } from "./publish-command.ts"

/** `parade plugin`. */
export const pluginCommand: Command.Command.Any = Command.make("plugin").pipe(
  Command.withDescription("Begin, check, pack or publish a plugin of your own"),
  Command.withSubcommands([newCommand, checkCommand, packCommand, publishCommand]),
)
