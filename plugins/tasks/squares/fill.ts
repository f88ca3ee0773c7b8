import {
  type AnswerSpace,
  type Draws,
  type Generate,
  partly,
  right,
  type Score,
  singleAnswer,
  totalCorrelation,
  wrong,
} from "@parade/tasks"
import type { SquaresConfig } from "./config.ts"
import { openHoles } from "./draw-square.ts"
import { type Grid, hole, type Rules, solutions, unitsHeld } from "./grid.ts"
import { type SquareNotation, squareNotations } from "./notation.ts"

/** Right where rules and clues are kept; worth the share of either that is. */
const scorer =
  (rules: Rules, clues: Grid, symbols: readonly string[], notation: SquareNotation) =>
  (text: string): Score => {
    const given = notation.read(text, symbols)
    if (given === undefined) return wrong
    const known = clues.flatMap((symbol, cell) => (symbol === hole ? [] : [cell]))
    const kept = known.filter((cell) => given[cell] === clues[cell]).length / Math.max(1, known.length)
    const share = unitsHeld(rules, given) * kept
    return share === 1 ? right(text === notation.write(given, symbols)) : partly(share)
  }

const spaceOf = (
  rules: Rules,
  clues: Grid,
  answer: string,
  symbols: readonly string[],
  notation: SquareNotation,
  unique: boolean,
): AnswerSpace => {
  const cells = notation.cells(answer)
  const open = clues.flatMap((symbol, cell) => (symbol === hole ? [cell] : []))
  const slots = open.map((cell) => cells[cell]!)
  if (unique) return singleAnswer(answer, slots)
  const all = Array.from(solutions(rules, clues), (grid) => open.map((cell) => symbols[grid[cell]!]!))
  return {
    slots,
    answers: all.length,
    entropy: Math.log2(all.length),
    correlation: totalCorrelation(all),
    enumerate: () => all,
  }
}

export interface FillOptions {
  /** Begins the prompt. */
  readonly name: string
  readonly rules: Rules
  readonly draw: (draws: Draws) => Grid
}

/** A filled square with some cells opened, to be filled again. */
export const fill =
  ({ name, rules, draw }: FillOptions, config: SquaresConfig): Generate =>
  (draws) => {
    const square = draw(draws)
    return {
      // The whole square decides: the same one with other holes would give its answer away.
      instance: `${name} ${square.join("")}`,
      render() {
        const notation = squareNotations[config.notation]
        const symbols = Array.from({ length: rules.order }, (_, i) => String(i + 1))
        const clues = openHoles(
          rules,
          square,
          Math.min(draws.between(config.minHoles, config.maxHoles), square.length),
          config.unique,
          draws,
        )
        const answer = notation.write(square, symbols)
        return {
          prompt: `${name}:\n${notation.write(clues, symbols)}\n\n`,
          answer,
          score: scorer(rules, clues, symbols, notation),
          space: () => spaceOf(rules, clues, answer, symbols, notation, config.unique),
        }
      },
    }
  }
