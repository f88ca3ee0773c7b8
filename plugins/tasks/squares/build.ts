import { type Draws, type Generate, partly, right, type Score, wrong } from "@parade/tasks"
import type { SquaresConfig } from "./config.ts"
import { type Grid, hole, rulesOf, solutions, unitsHeld } from "./grid.ts"
import { squareNotations } from "./notation.ts"

const characters = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

/** How many Latin squares there are of an order. */
const counts: Readonly<Record<number, number>> = { 3: 12, 4: 576, 5: 161_280 }

/** Any Latin square of given symbols. */
export const build = (draw: (draws: Draws) => Grid, config: SquaresConfig): Generate => {
  const { order } = config
  const rules = rulesOf(order, false)
  const notation = squareNotations[config.notation]
  return (draws) => {
    const symbols = draws.distinct(order, characters.length).map((at) => characters[at]!)
    return {
      instance: `latin-build ${symbols.toSorted().join("")}`,
      render() {
        const answer = notation.write(draw(draws), symbols)
        const answers = counts[order]!
        const entropy = Math.log2(answers)
        return {
          prompt: `latin-build of ${order} with ${symbols.join(" ")}:\n`,
          answer,
          score(text): Score {
            const given = notation.read(text, symbols)
            if (given === undefined) return wrong
            const share = unitsHeld(rules, given)
            return share === 1 ? right(text === notation.write(given, symbols)) : partly(share)
          },
          space: () => ({
            slots: notation.cells(answer),
            answers,
            entropy,
            // Each cell alone may hold any symbol.
            correlation: order * order * Math.log2(order) - entropy,
            *enumerate() {
              const empty = Array.from({ length: order * order }, () => hole)
              for (const grid of solutions(rules, empty)) yield grid.map((symbol) => symbols[symbol]!)
            },
          }),
        }
      },
    }
  }
}
