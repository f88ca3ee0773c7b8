/** A square of symbols from 0 to below its order, row by row; `hole` where a cell is open. */
export type Grid = readonly number[]

/** A cell to be filled. */
export const hole: number = -1

/** Which cells must hold each symbol once: rows, columns and, in a sudoku, boxes. */
export interface Rules {
  readonly order: number
  readonly units: readonly (readonly number[])[]
  /** By cell: the units it is in. */
  readonly unitsOf: readonly (readonly number[])[]
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** The rules of a Latin square; with boxes of two by two, those of a sudoku of order four. */
export const rulesOf = (order: number, boxes: boolean): Rules => {
  const lines = range(order)
  const rows = lines.map((row) => lines.map((column) => row * order + column))
  const columns = lines.map((column) => lines.map((row) => row * order + column))
  const corners = boxes ? [0, 2, 8, 10] : []
  const units = [...rows, ...columns, ...corners.map((at) => [at, at + 1, at + 4, at + 5])]
  const unitsOf = range(order * order).map((cell) =>
    units.flatMap((unit, i) => (unit.includes(cell) ? [i] : [])),
  )
  return { order, units, unitsOf }
}

/** The share of rows, columns and boxes that hold every symbol once. */
export const unitsHeld = ({ order, units }: Rules, grid: Grid): number =>
  units.filter(
    (unit) => new Set(unit.map((cell) => grid[cell]).filter((symbol) => symbol !== hole)).size === order,
  ).length / units.length

/** All ways to fill the holes by the rules, in order of their cells. */
export function* solutions({ order, units, unitsOf }: Rules, grid: Grid): Generator<Grid> {
  const cells = grid.slice()
  const open = cells.flatMap((symbol, cell) => (symbol === hole ? [cell] : []))
  /** By unit: the symbols in it, as bits. */
  const used = units.map((unit) => unit.reduce((bits, cell) => bits | (1 << cells[cell]!), 0) & ~(1 << hole))
  function* fill(at: number): Generator<Grid> {
    const cell = open[at]
    if (cell === undefined) {
      yield cells.slice()
      return
    }
    let taken = 0
    for (const unit of unitsOf[cell]!) taken |= used[unit]!
    for (let symbol = 0; symbol < order; symbol++) {
      if ((taken >> symbol) & 1) continue
      cells[cell] = symbol
      for (const unit of unitsOf[cell]!) used[unit]! |= 1 << symbol
      yield* fill(at + 1)
      for (const unit of unitsOf[cell]!) used[unit]! &= ~(1 << symbol)
      cells[cell] = hole
    }
  }
  yield* fill(0)
}

/** Whether there is exactly one way to fill the holes. */
export const hasOneSolution = (rules: Rules, grid: Grid): boolean => {
  const found = solutions(rules, grid)
  return found.next().done !== true && found.next().done === true
}
