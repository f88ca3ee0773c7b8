/** What an answer is worth. */
export interface Score {
  /** Whether it is right, read leniently: this is what a task's accuracy counts. */
  readonly correct: boolean
  /** How much of it is right, from 0 to 1; 1 exactly where it is correct. */
  readonly partial: number
  /** Whether it is right and written exactly as asked, with nothing around it. */
  readonly strict: boolean
}

/** The score of what cannot be read as an answer. */
export const wrong: Score = { correct: false, partial: 0, strict: false }

/** The score of a right answer. */
export const right = (strict: boolean): Score => ({ correct: true, partial: 1, strict })

/** The score of a wrong answer, a `share` of which is right; a wrong answer is never wholly right. */
export const partly = (share: number): Score => ({
  correct: false,
  partial: share < 1 ? Math.max(0, share) : 0,
  strict: false,
})

/** The share of places that hold the same in both, of the longer one's. */
export const sharedPlaces = (expected: ArrayLike<unknown>, given: ArrayLike<unknown>): number => {
  const longer = Math.max(expected.length, given.length)
  if (longer === 0) return 1
  let same = 0
  for (let i = 0; i < Math.min(expected.length, given.length); i++) if (expected[i] === given[i]) same++
  return same / longer
}

/** A scorer for the one right answer: correct without regard to space around it, partial by shared characters. */
export const equalTo =
  (answer: string) =>
  (text: string): Score => {
    const given = text.trim()
    const expected = answer.trim()
    if (given === expected) return right(text === answer)
    return partly(sharedPlaces(expected, given))
  }
