import type { Example } from "./task.ts"

/** How well some answers did. */
export interface Quality {
  /** Answers judged. */
  readonly count: number
  /** The share that is correct. */
  readonly accuracy: number
  /** The standard error of the accuracy, from the count alone; what a difference has to exceed. */
  readonly error: number
  /** The mean of `partial`. */
  readonly partial: number
  /** The share that is right and written exactly as asked. */
  readonly strict: number
}

/** How well answers did, all in all and in each category. */
export interface Judgement extends Quality {
  readonly categories: Readonly<Record<string, Quality>>
}

interface Sums {
  count: number
  correct: number
  partial: number
  strict: number
}

const none = (): Sums => ({ count: 0, correct: 0, partial: 0, strict: 0 })

const qualityOf = ({ count, correct, partial, strict }: Sums): Quality => {
  const share = (sum: number): number => (count === 0 ? 0 : sum / count)
  const accuracy = share(correct)
  return {
    count,
    accuracy,
    error: Math.sqrt(share(accuracy * (1 - accuracy))),
    partial: share(partial),
    strict: share(strict),
  }
}

/**
 * Scores answers to examples.
 *
 * @example
 * ```ts
 * import { equalTo, judge } from "@parade/tasks"
 *
 * const example = { id: "1", category: "sums", instance: "1+1", prompt: "1+1=", answer: "2", score: equalTo("2") }
 * console.log(judge([{ example, text: "2" }, { example, text: "3" }]).accuracy) // 0.5
 * ```
 */
export const judge = (
  answers: Iterable<{ readonly example: Pick<Example, "category" | "score">; readonly text: string }>,
): Judgement => {
  const all = none()
  const byCategory = new Map<string, Sums>()
  for (const { example, text } of answers) {
    const { correct, partial, strict } = example.score(text)
    let own = byCategory.get(example.category)
    if (own === undefined) byCategory.set(example.category, (own = none()))
    for (const sums of [all, own]) {
      sums.count++
      sums.partial += partial
      if (correct) sums.correct++
      if (strict) sums.strict++
    }
  }
  const categories = Object.fromEntries(Array.from(byCategory, ([name, sums]) => [name, qualityOf(sums)]))
  return { ...qualityOf(all), categories }
}
