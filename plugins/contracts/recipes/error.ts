import { ParadeError } from "@parade/core"

/** A recipe that cannot be followed as it is told. */
export class RecipeError extends ParadeError {
  readonly _tag = "RecipeError"
}
