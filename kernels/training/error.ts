import { ParadeError } from "@parade/core"

/** Training that cannot go on: a loss that is no number, data that is none, a checkpoint of something else. */
export class TrainingError extends ParadeError {
  readonly _tag = "TrainingError"
}
