import { checkRange, type Generate, generatedTask, type Task, type TaskError } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { build } from "./build.ts"
import type { Puzzle, SquaresConfig } from "./config.ts"
import { latinSquares, sudokus } from "./draw-square.ts"
import { fill } from "./fill.ts"
import { rulesOf } from "./grid.ts"

const generators: Readonly<Record<Puzzle, (config: SquaresConfig) => Generate>> = {
  sudoku: (config) => fill({ name: "sudoku", rules: rulesOf(4, true), draw: sudokus() }, config),
  "latin-complete": (config) =>
    fill({ name: "latin", rules: rulesOf(config.order, false), draw: latinSquares(config.order) }, config),
  "latin-build": (config) => build(latinSquares(config.order), config),
}

/** The squares of a config as a task, a category per puzzle. */
export const squaresTask = (config: SquaresConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minHoles", "maxHoles"), () =>
    generatedTask({
      name: "@parade/squares",
      description: `${config.puzzles.join(", ")} of order ${config.order} with ${config.minHoles} to ${config.maxHoles} holes${config.unique ? " of one solution" : ""} (${config.notation})`,
      categories: Object.fromEntries(config.puzzles.map((name) => [name, generators[name](config)])),
    }),
  )
