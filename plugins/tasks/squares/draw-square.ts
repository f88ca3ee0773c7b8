import type { Draws } from "@parade/tasks"
import { type Grid, hole, hasOneSolution, type Rules, rulesOf, solutions } from "./grid.ts"

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** An empty square with its first row, and maybe its first column, in order. */
const begun = (order: number, column: boolean): Grid =>
  range(order * order).map((cell) => {
    if (cell < order) return cell
    return column && cell % order === 0 ? cell / order : hole
  })

/** Draws a Latin square; each is equally likely. */
export const latinSquares = (order: number): ((draws: Draws) => Grid) => {
  // Every square is one of those with first row and column in order, its columns and its other rows exchanged.
  const reduced = [...solutions(rulesOf(order, false), begun(order, true))]
  return (draws) => {
    const square = draws.pick(reduced)
    const columns = draws.shuffled(range(order))
    const rows = [0, ...draws.shuffled(range(order - 1)).map((row) => row + 1)]
    return rows.flatMap((row) => columns.map((column) => square[row * order + column]!))
  }
}

/** Draws a filled sudoku of order four; each is equally likely. */
export const sudokus = (): ((draws: Draws) => Grid) => {
  const begunInOrder = [...solutions(rulesOf(4, true), begun(4, false))]
  return (draws) => {
    const names = draws.shuffled(range(4))
    return draws.pick(begunInOrder).map((symbol) => names[symbol]!)
  }
}

/** Opens cells of a filled square, in random order; with `unique`, only those that leave it one solution. */
export const openHoles = (rules: Rules, square: Grid, count: number, unique: boolean, draws: Draws): Grid => {
  const grid = square.slice()
  let left = count
  for (const cell of draws.shuffled(range(square.length))) {
    if (left === 0) break
    grid[cell] = hole
    if (!unique || hasOneSolution(rules, grid)) left--
    else grid[cell] = square[cell]!
  }
  return grid
}
