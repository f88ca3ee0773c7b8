import { characterSlots, type Span } from "@parade/tasks"
import { type Grid, hole } from "./grid.ts"

/** What stands for a hole. */
const open = "_"

/** How a square is written, in symbols of one character each. */
export interface SquareNotation {
  readonly write: (grid: Grid, symbols: readonly string[]) => string
  /** Where the cells stand in what is written, row by row. */
  readonly cells: (written: string) => readonly Span[]
  /** Reads a square leniently: the first rows of the right length; `undefined` where there are too few. */
  readonly read: (text: string, symbols: readonly string[]) => Grid | undefined
}

const notation = (between: string, rows: string): SquareNotation => ({
  write(grid, symbols) {
    const order = symbols.length
    const written = grid.map((symbol) => (symbol === hole ? open : symbols[symbol]!))
    return Array.from(symbols, (_, row) => written.slice(row * order, (row + 1) * order).join(between)).join(
      rows,
    )
  },
  cells: (written) =>
    characterSlots(written).filter(({ start }) => written[start] !== between && written[start] !== rows),
  read(text, symbols) {
    const lines = text
      .split(rows)
      .map((line) => Array.from(line.replaceAll(/[\s,"']/g, "")))
      .filter((line) => line.length === symbols.length)
    if (lines.length < symbols.length) return undefined
    return lines.slice(0, symbols.length).flatMap((line) => line.map((symbol) => symbols.indexOf(symbol)))
  },
})

/** The notations by name. */
export const squareNotations: Readonly<Record<"csv" | "compact", SquareNotation>> = {
  csv: notation(",", "\n"),
  compact: notation("", "/"),
}
