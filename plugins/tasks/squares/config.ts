import { choiceSetting, choicesSetting, integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const puzzles = ["sudoku", "latin-complete", "latin-build"] as const

/** What is asked: fill the holes of a square, with or without boxes, or build one from symbols. */
export type Puzzle = (typeof puzzles)[number]

/** The config of `@parade/squares`. */
export interface SquaresConfig {
  readonly puzzles: readonly Puzzle[]
  readonly order: number
  readonly minHoles: number
  readonly maxHoles: number
  readonly unique: boolean
  readonly notation: "csv" | "compact"
}

/** The schema of the config. */
export const SquaresConfig: Schema.Codec<SquaresConfig, unknown> = Schema.Struct({
  puzzles: choicesSetting(puzzles, "What is asked; they take turns."),
  order: integerSetting(3, 5, 4, "Rows and columns of a Latin square; a sudoku has four."),
  minHoles: integerSetting(1, 14, 4, "Cells to fill, at least."),
  maxHoles: integerSetting(1, 14, 4, "Cells to fill, at most."),
  unique: Schema.Boolean.annotate({
    description: "Whether the holes have one solution; where too many are asked for, there are fewer.",
    default: true,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  notation: choiceSetting(
    ["csv", "compact"],
    "csv",
    "Whether rows are lines with commas, or all on one line.",
  ),
})
