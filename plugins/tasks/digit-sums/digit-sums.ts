import {
  checkRange,
  choiceSetting,
  drawsFor,
  equalTo,
  type Generate,
  generatedTask,
  integerSetting,
  type Task,
  type TaskError,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The config of `@parade/digit-sums`. */
export interface DigitSumsConfig {
  readonly minDigits: number
  readonly maxDigits: number
  /** What digits are below: sums are told by their last digit in this base. */
  readonly base: number
  /** Whether a derivation adds the digits in an order of its own, or as they stand, from one digit on and round. */
  readonly order: "drawn" | "turned"
}

/** The schema of the config. */
export const DigitSumsConfig: Schema.Codec<DigitSumsConfig, unknown> = Schema.Struct({
  minDigits: integerSetting(2, 16, 4, "Digits that are added, at least."),
  maxDigits: integerSetting(2, 16, 4, "At most."),
  base: integerSetting(2, 10, 10, "What digits are below; sums are told by their last digit in this base."),
  order: choiceSetting(
    ["drawn", "turned"],
    "drawn",
    "The order in which a derivation adds them: any, or as they stand, the n-th from the n-th digit on and round.",
  ),
})

/**
 * Adds digits to `from` in an order, each followed by the last digit of the sum so far. From step `wrongFrom` on the sum is
 * off by `wrongBy`, as it is where a step is wrong and those behind it go on from it.
 */
const sumsOf = (
  digits: readonly number[],
  base: number,
  from: number,
  wrongFrom: number,
  wrongBy: number,
): readonly number[] => {
  let sum = from
  return digits.map((digit, step) => (sum = (sum + digit + (step === wrongFrom ? wrongBy : 0)) % base))
}

const turned = (digits: readonly number[], by: number): readonly number[] => [
  ...digits.slice(by % digits.length),
  ...digits.slice(0, by % digits.length),
]

const generate =
  ({ minDigits, maxDigits, base, order }: DigitSumsConfig): Generate =>
  (draws) => {
    const digits = Array.from({ length: draws.between(minDigits, maxDigits) }, () => draws.below(base))
    const shown = digits.join("")
    return {
      // The same digits in another order are no other exercise.
      instance: digits.toSorted((a, b) => a - b).join(""),
      render() {
        const answer = String(digits.reduce((sum, digit) => sum + digit, 0) % base)
        const key = draws.below(2 ** 30)
        return {
          prompt: `mod${base === 10 ? "" : base}:${shown}=`,
          answer,
          score: equalTo(answer),
          derivations: (count, wrong, chained = false) => {
            let reached = 0
            return Array.from({ length: count }, (_, number) => {
              const own = drawsFor("@parade/digit-sums derivation", key, number)
              const isWrong = own.below(1_000_000) < wrong * 1_000_000
              const wrongFrom = isWrong ? own.below(digits.length) : -1
              const added = order === "turned" ? turned(digits, number) : own.shuffled(digits)
              const sums = sumsOf(added, base, chained ? reached : 0, wrongFrom, 1 + own.below(base - 1))
              reached = sums.at(-1)!
              return added.map((digit, step) => `${digit}${sums[step]}`).join("")
            })
          },
        }
      },
    }
  }

/** The last digit of a sum of digits, which may be added in any order: a task with many ways to one answer. */
export const digitSumsTask = (config: DigitSumsConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minDigits", "maxDigits"), () =>
    generatedTask({
      name: "@parade/digit-sums",
      description: `the last digit of sums of ${config.minDigits} to ${config.maxDigits} digits in base ${config.base}, added in ${config.order} orders`,
      categories: { sum: generate(config) },
    }),
  )
