import type { Draws } from "@parade/tasks"

const openers = "([{<"
const closers = ")]}>"

/** The bracket that opens a kind, and the one that closes it. */
export const opener = (kind: number): string => openers[kind]!
export const closer = (kind: number): string => closers[kind]!

/** The kinds that are open after a word, the innermost last; `undefined` where a bracket closes what is not open. */
export const openAfter = (word: string): readonly number[] | undefined => {
  const open: number[] = []
  for (const char of word) {
    const opens = openers.indexOf(char)
    if (opens >= 0) open.push(opens)
    else if (closers.indexOf(char) < 0 || open.pop() !== closers.indexOf(char)) return undefined
  }
  return open
}

/** Whether every bracket is closed by its own kind, in order. */
export const isBalanced = (word: string): boolean => openAfter(word)?.length === 0

/**
 * Closes all that is open, with so many pairs opened and closed on the way; each completion is equally likely. With
 * nothing open it is a balanced word.
 */
export const drawCompletion = (
  draws: Draws,
  before: readonly number[],
  pairs: number,
  kinds: number,
): string => {
  const open = [...before]
  let word = ""
  for (let left = open.length + 2 * pairs; left > 0; left--) {
    const height = open.length
    // Of all ways on, (h+2)(r−h) in 2r(h+1) open another pair: the ratio of two ballot numbers.
    if (draws.below(2 * left * (height + 1)) < (height + 2) * (left - height)) {
      const kind = draws.below(kinds)
      open.push(kind)
      word += opener(kind)
    } else word += closer(open.pop()!)
  }
  return word
}
