import { equalTo, type Generate, generatedTask, type Task, type TaskError } from "@parade/tasks"
import type { Effect } from "effect/Effect"

export interface LetterCountsOptions {
  /** Letters of a word. */
  readonly length: number
  /** How many letters words are made of: `a`, `b`, `c` … */
  readonly letters: number
}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

/** A word of drawn letters, one of which is to be counted. */
const countLetter =
  ({ length, letters }: LetterCountsOptions): Generate =>
  (draws) => {
    const letter = (): string => alphabet[draws.below(letters)]!
    const word = Array.from({ length }, letter).join("")
    return {
      // The word alone decides the split, so that no question about it is found in both.
      instance: `letters of ${word}`,
      render: () => {
        const asked = letter()
        const answer = String(word.split(asked).length - 1)
        return { prompt: `${asked} in ${word}: `, answer, score: equalTo(answer) }
      },
    }
  }

/** How often a letter stands in a word. */
export const letterCounts = (options: LetterCountsOptions): Effect<Task, TaskError> =>
  generatedTask({
    name: "parade-plugin-template",
    description: `count a letter in words of ${options.length} letters out of ${options.letters}`,
    categories: { count: countLetter(options) },
  })
