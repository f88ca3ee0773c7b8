import { nearest, type PluginEntry } from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { officialPlugins } from "./load-plugins.ts"
import { outPaint, writeOut } from "./output.ts"
import { optionalFlag } from "./pipeline-options.ts"
import { table } from "./table.ts"

const toTable = (entries: readonly PluginEntry[]): string => {
  const paint = outPaint()
  return table(
    ["kind", "name", "version", "summary"],
    entries.map(({ kind, name, version, summary }) => [kind, name, version, summary]),
    paint,
  )
}

const toJson = (entries: readonly PluginEntry[]): string =>
  JSON.stringify(
    entries.map(({ name, kind, version, summary, capabilities }) => ({
      name,
      kind,
      version,
      summary,
      capabilities,
    })),
    null,
    2,
  )

/** `parade list`. */
export const listCommand: Command.Command.Any = Command.make(
  "list",
  {
    kind: optionalFlag(
      Flag.String("kind").pipe(Flag.withMetavar("KIND")),
      "Only plugins of this kind, such as decoder or drafter",
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print a JSON array of name, kind, version, summary and capabilities"),
      Flag.withDefault(false),
    ),
  },
  ({ kind, json }) =>
    Effect.suspend(() => {
      const entries = officialPlugins.filter((entry) => kind === undefined || entry.kind === kind)
      if (entries.length > 0) return writeOut(`${json ? toJson(entries) : toTable(entries)}\n`)
      const kinds = [...new Set(officialPlugins.map((entry) => entry.kind))]
      const meant = nearest(kind ?? "", kinds)
      return Effect.fail(
        new CommandError({
          code: "command.unknown-kind",
          message: `No plugin is of the kind ${JSON.stringify(kind)}.`,
          advice: `${meant === undefined ? "" : `Did you mean ${JSON.stringify(meant)}? `}There are: ${kinds.join(", ")}.`,
        }),
      )
    }),
).pipe(Command.withDescription("List the official plugins"))
