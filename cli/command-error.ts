import { ParadeError } from "@parade/core"

/** A command that cannot do what it was told: a missing file, an option that makes no sense here. */
export class CommandError extends ParadeError {
  readonly _tag = "CommandError"
}
