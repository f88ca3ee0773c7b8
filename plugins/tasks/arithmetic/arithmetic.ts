import {
  checkRange,
  characterSlots,
  type Draws,
  type Generate,
  generatedTask,
  partly,
  right,
  type Score,
  sharedPlaces,
  singleAnswer,
  type Task,
  type TaskError,
  wrong,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { ArithmeticConfig, ArithmeticOperation } from "./config.ts"
import { type Expression, formula, type Operator, steps, valueOf } from "./expression.ts"

/** A number of up to so many digits, every length as likely as another. */
const numberOf = (draws: Draws, digits: number): number => {
  const length = draws.between(1, digits)
  return length === 1 ? draws.below(10) : draws.between(10 ** (length - 1), 10 ** length - 1)
}

const fewDigits = 2

const pair =
  (operator: Operator, digits: number) =>
  (draws: Draws): Expression => {
    const numbers = [numberOf(draws, digits), numberOf(draws, digits)]
    // Differences are never below zero.
    return { numbers: operator === "-" ? numbers.sort((a, b) => b - a) : numbers, operators: [operator] }
  }

const chain =
  ({ digits, minTerms, maxTerms }: ArithmeticConfig) =>
  (draws: Draws): Expression => {
    const terms = draws.between(minTerms, maxTerms)
    for (;;) {
      const operators = Array.from({ length: terms - 1 }, () => draws.pick(["+", "-", "*"] as const))
      // Factors stay small, or the product would say little about the chain and much about multiplying.
      const numbers = Array.from({ length: terms }, (_, i) => {
        const factor = operators[i - 1] === "*" || operators[i] === "*"
        return numberOf(draws, factor ? Math.min(1, digits) : Math.min(fewDigits, digits))
      })
      const expression = { numbers, operators }
      if (steps(expression).every(({ numbers }) => numbers.every((number) => number >= 0))) return expression
    }
  }

const drawing: Readonly<
  Record<ArithmeticOperation, (config: ArithmeticConfig) => (draws: Draws) => Expression>
> = {
  add: ({ digits }) => pair("+", digits),
  subtract: ({ digits }) => pair("-", digits),
  multiply: ({ digits }) => pair("*", digits),
  chain,
}

/** The last number of the first line that has any. */
const readNumber = (text: string): string | undefined => {
  const line = text.split("\n").find((line) => /\d/.test(line))
  return line?.match(/-?\d+/g)?.at(-1)
}

const scorer =
  (answer: string, value: string) =>
  (text: string): Score => {
    const given = readNumber(text)
    if (given === undefined) return wrong
    if (Number(given) === Number(value)) return right(text === answer)
    // From the ones upwards, so that a lost digit does not cost all others.
    return partly(sharedPlaces(Array.from(value).reverse(), Array.from(given).reverse()))
  }

const generate =
  (operation: ArithmeticOperation, config: ArithmeticConfig): Generate =>
  (draws) => {
    const expression = drawing[operation](config)(draws)
    const asked = formula(expression)
    const commutes = operation === "add" || operation === "multiply"
    return {
      // 3 + 5 and 5 + 3 are one exercise.
      instance: commutes
        ? formula({ ...expression, numbers: expression.numbers.toSorted((a, b) => a - b) })
        : asked,
      render() {
        const value = String(valueOf(expression))
        const shown = config.working && operation === "chain"
        const answer = shown ? steps(expression).map(formula).join("=") : value
        return {
          prompt: config.wording === "terse" ? `${asked}=` : `What is ${asked}? Give only the number.\n`,
          answer,
          score: scorer(answer, value),
          space: () => singleAnswer(answer, characterSlots(answer)),
        }
      },
    }
  }

const describe = ({ operations, digits, minTerms, maxTerms, working, wording }: ArithmeticConfig): string => {
  const chains = `, ${minTerms} to ${maxTerms} terms in a chain${working ? " with working" : ""}`
  return `${operations.join(", ")} of up to ${digits} digits${operations.includes("chain") ? chains : ""} (${wording})`
}

/** The operations of a config as a task, a category each. */
export const arithmeticTask = (config: ArithmeticConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minTerms", "maxTerms"), () =>
    generatedTask({
      name: "@parade/arithmetic",
      description: describe(config),
      categories: Object.fromEntries(config.operations.map((name) => [name, generate(name, config)])),
    }),
  )
