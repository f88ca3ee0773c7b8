import { type Draws, type Generate, right, type Score, singleAnswer, wrong } from "@parade/tasks"
import type { BracketsConfig } from "./config.ts"
import { closer, drawCompletion, isBalanced, opener } from "./dyck.ts"

/** A word with one bracket made another, so that it is no longer balanced. */
const spoilt = (word: string, draws: Draws, kinds: number): string => {
  const brackets = Array.from({ length: 2 * kinds }, (_, i) => (i < kinds ? opener(i) : closer(i - kinds)))
  for (;;) {
    const at = draws.below(word.length)
    const other = word.slice(0, at) + draws.pick(brackets) + word.slice(at + 1)
    if (!isBalanced(other)) return other
  }
}

/** The first word that is yes or no, whatever follows. */
const scorer =
  (answer: string) =>
  (text: string): Score =>
    /^\W*(yes|no)\b/i.exec(text)?.[1]?.toLowerCase() === answer ? right(text === answer) : wrong

/** Whether a word is balanced: half are, the others but for one bracket. */
export const classify =
  ({ kinds, minPairs, maxPairs }: BracketsConfig): Generate =>
  (draws) => {
    const balanced = drawCompletion(draws, [], draws.between(minPairs, maxPairs), kinds)
    const word = draws.below(2) === 0 ? balanced : spoilt(balanced, draws, kinds)
    return {
      instance: `brackets ${word}`,
      render() {
        const answer = isBalanced(word) ? "yes" : "no"
        return {
          prompt: `balanced: ${word}\n`,
          answer,
          score: scorer(answer),
          space: () => singleAnswer(answer, [{ start: 0, end: answer.length }]),
        }
      },
    }
  }
