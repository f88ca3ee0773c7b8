import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import { wantsColour } from "./colour.ts"
import { writeNote, writeOut } from "./output.ts"

/** A mistake in the usage in one line. */
const describeUsage = (error: CliError.NonShowHelpErrors): string => {
  const [said] = error.message.trim().split("\n")
  const meant =
    "suggestions" in error && error.suggestions.length > 0 ? error.suggestions.join(" or ") : undefined
  return meant === undefined ? said! : `${said!}. Did you mean ${meant}?`
}

/** Help on standard output; a mistake in the usage as one line on standard error, with the way to the help. */
export const presenter: CliOutput.Presenter = {
  present: (event) =>
    Effect.suspend(() => {
      if (event._tag === "Version") return writeOut(`${event.version}\n`)
      if (event._tag === "Help") {
        const colors = wantsColour(process.stdout, process.env)
        return writeOut(`${CliOutput.defaultFormatter({ colors }).formatHelpDoc(event.helpDoc)}\n`)
      }
      const command = event.commandPath.join(" ")
      const mistakes = event.errors.map(describeUsage).join("\n")
      return writeNote(`${command}: ${mistakes}\nSee ${command} --help.`)
    }),
}
