import { type Kind, kind, type ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import type { StepRecord } from "@parade/training"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"

/** Where and how far a recipe is followed. */
export interface RecipeRun {
  /** Holds the checkpoint and the log while it trains, and what the recipe writes in the end. */
  readonly folder: string
  readonly device: Device
  /** Steps in all, whatever was done before an interruption. */
  readonly steps: number
  /** Told of every step that is in the log; must be quick and must not throw. */
  readonly onStep: (record: StepRecord) => void
}

/** How a trained part comes about: a program over the toolkit of `@parade/training`. */
export interface Recipe {
  /** `@parade/model-tiny-text`. */
  readonly name: string
  /** One sentence: what is trained, on what. */
  readonly description: string
  /** Steps where nobody says otherwise. */
  readonly steps: number
  /** Tokens that a step sees. */
  readonly tokensPerStep: number
  /** The files that lie in the folder when it is done, beside checkpoint and log. */
  readonly writes: readonly string[]
  /**
   * Trains, from the checkpoint in the folder where there is one, and writes the files. Interrupted at any moment and
   * called again it ends with the same bytes as if it had not been.
   */
  readonly train: (run: RecipeRun) => Effect<void, ParadeError, Scope>
}

/** The kind `recipe`. */
export const RecipeKind: Kind<Recipe> = kind("recipe")
