import {
  checkRange,
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
}

/** The schema of the config. */
export const DigitSumsConfig: Schema.Codec<DigitSumsConfig, unknown> = Schema.Struct({
  minDigits: integerSetting(2, 16, 4, "Digits that are added, at least."),
  maxDigits: integerSetting(2, 16, 4, "At most."),
})

/**
 * Adds digits in an order, each followed by the last digit of the sum so far. From step `wrongFrom` on the sum is off by
 * `wrongBy`, as it is where a step is wrong and those behind it go on from it.
 */
const derivation = (digits: readonly number[], wrongFrom: number, wrongBy: number): string => {
  let sum = 0
  return digits
    .map((digit, step) => {
      sum = (sum + digit + (step === wrongFrom ? wrongBy : 0)) % 10
      return `${digit}${sum}`
    })
    .join("")
}

const generate =
  ({ minDigits, maxDigits }: DigitSumsConfig): Generate =>
  (draws) => {
    const digits = Array.from({ length: draws.between(minDigits, maxDigits) }, () => draws.below(10))
    const shown = digits.join("")
    return {
      // The same digits in another order are no other exercise.
      instance: digits.toSorted((a, b) => a - b).join(""),
      render() {
        const answer = String(digits.reduce((sum, digit) => sum + digit, 0) % 10)
        const key = draws.below(2 ** 30)
        return {
          prompt: `mod:${shown}=`,
          answer,
          score: equalTo(answer),
          derivations: (count, wrong) =>
            Array.from({ length: count }, (_, number) => {
              const own = drawsFor("@parade/digit-sums derivation", key, number)
              const isWrong = own.below(1_000_000) < wrong * 1_000_000
              const from = isWrong ? own.below(digits.length) : -1
              return derivation(own.shuffled(digits), from, 1 + own.below(9))
            }),
        }
      },
    }
  }

/** The last digit of a sum of digits, which may be added in any order: a task with many ways to one answer. */
export const digitSumsTask = (config: DigitSumsConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minDigits", "maxDigits"), () =>
    generatedTask({
      name: "@parade/digit-sums",
      description: `the last digit of sums of ${config.minDigits} to ${config.maxDigits} digits`,
      categories: { sum: generate(config) },
    }),
  )
