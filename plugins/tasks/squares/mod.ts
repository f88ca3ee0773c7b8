/** Small sudoku and Latin squares, as a task. */
export { type Puzzle, SquaresConfig } from "./config.ts"
export { plugin } from "./plugin.ts"
export { squaresTask } from "./squares.ts"
