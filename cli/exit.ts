import { isParadeError } from "@parade/core"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import type * as Exit from "effect/Exit"

/** How a command ended: its exit status and what to say on standard error. */
export interface Ending {
  readonly status: number
  readonly message: string | undefined
}

const quiet = (status: number): Ending => ({ status, message: undefined })

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`
}

/** An error that this program has no name for. */
const unexpected = (error: unknown, debug: boolean): Ending => {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const more = debug ? `\n${stackOf(error)}` : " Run it again with --debug to see where."
  return { status: 1, message: `Something unforeseen went wrong: ${said.replace(/\.$/, "")}.${more}` }
}

/**
 * Exit status 0: done; 2: the caller's mistake (usage, pipeline, config, missing file); 1: anything else.
 * A mistake is told in one message; where it happened in the code only with `--debug`.
 */
export const endingOf = (exit: Exit.Exit<unknown, unknown>, debug: boolean): Ending => {
  if (exit._tag === "Success") return quiet(0)
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) {
    const defect = exit.cause.reasons.find(Cause.isDieReason)
    return defect === undefined ? quiet(130) : unexpected(defect.defect, debug)
  }
  const { error } = failure
  // The presenter has said what is wrong with the usage; help without a mistake is what was asked for.
  if (CliError.isCliError(error)) return quiet(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2)
  if (!isParadeError(error)) return unexpected(error, debug)
  const trace = debug ? `\n${stackOf(error)}` : ""
  return { status: error.fault === "caller" ? 2 : 1, message: `${error.describe()}${trace}` }
}
