import { type Generate, partly, right, type Score } from "@parade/tasks"
import { completionSpace } from "./completions.ts"
import type { BracketsConfig } from "./config.ts"
import { drawCompletion, openAfter } from "./dyck.ts"

/** How many characters from the beginning can still become a completion of `length` characters. */
const viable = (prefix: string, given: string, length: number): number => {
  for (let end = 0; end < given.length; end++) {
    const open = openAfter(prefix + given.slice(0, end + 1))
    if (open === undefined || open.length > length - end - 1) return end
  }
  return given.length
}

const scorer =
  (prefix: string, length: number) =>
  (text: string): Score => {
    const given = text.trim().split("\n")[0]!.replaceAll(/\s/g, "")
    const good = viable(prefix, given, length)
    if (good === length && given.length === length) return right(text === given)
    return partly(good / Math.max(length, given.length))
  }

/** A word that breaks off while something is open, to be completed in a given number of brackets. */
export const complete =
  ({ kinds, minPairs, maxPairs, extraPairs }: BracketsConfig): Generate =>
  (draws) => {
    const word = drawCompletion(draws, [], draws.between(minPairs, maxPairs), kinds)
    let end = draws.between(1, word.length - 1)
    // Where nothing is open there is nothing to complete; one bracket earlier there is.
    if (openAfter(word.slice(0, end))!.length === 0) end--
    const prefix = word.slice(0, end)
    return {
      instance: `brackets ${prefix}`,
      render() {
        const open = openAfter(prefix)!
        const pairs = draws.between(0, extraPairs)
        const answer = drawCompletion(draws, open, pairs, kinds)
        return {
          prompt: `complete with ${answer.length}: ${prefix}\n`,
          answer,
          score: scorer(prefix, answer.length),
          space: () => completionSpace(open, answer, kinds),
        }
      },
    }
  }
