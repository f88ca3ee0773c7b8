/** A stretch of a text: from its first character to before its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * All right answers of an example, each equally likely, as the account of what filling several places at once must
 * cost. Bits, with `Y` the contents of the slots and `X` the prompt and the text between the slots.
 */
export interface AnswerSpace {
  /** Where the example's answer decides something, in order; the text between them is the same in every answer. */
  readonly slots: readonly Span[]
  /** How many right answers there are. */
  readonly answers: number
  /** `H(Y|X)`: bits that an answer decides. */
  readonly entropy: number
  /** `C(Y|X) = Σ H(Y_i|X) − H(Y|X)`: bits lost, at best, when all slots are drawn at once. */
  readonly correlation: number
  /** Every right answer, as what stands in its slots. */
  readonly enumerate: () => Iterable<readonly string[]>
}

/** The bits of a choice by these counts or weights. */
export const entropyOf = (counts: Iterable<number>): number => {
  let total = 0
  let sum = 0
  for (const count of counts) {
    if (count <= 0) continue
    total += count
    sum += count * Math.log2(count)
  }
  return total === 0 ? 0 : Math.log2(total) - sum / total
}

const tally = (values: Iterable<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** The contents of some slots as one key. */
const keyOf = (answer: readonly string[], slots: readonly number[]): string =>
  JSON.stringify(slots.map((slot) => answer[slot]))

/** `C(S)` in bits over equally likely answers. */
const correlationOver = (answers: readonly (readonly string[])[], slots: readonly number[]): number => {
  const alone = slots.map((slot) => entropyOf(tally(answers.map((answer) => answer[slot]!)).values()))
  const together = entropyOf(tally(answers.map((answer) => keyOf(answer, slots))).values())
  return alone.reduce((sum, bits) => sum + bits, 0) - together
}

/**
 * The bits that drawing slots step by step must lose: `L_T = Σ_t E[C(S_t | S_<t)]` for an ordered partition of the
 * slots into steps. One step gives the total correlation, one slot per step gives 0.
 *
 * @example
 * ```ts
 * import { stepwiseLoss } from "@parade/tasks"
 *
 * const coins = [["heads", "heads"], ["tails", "tails"]]
 * console.log(stepwiseLoss(coins, [[0, 1]]), stepwiseLoss(coins, [[0], [1]])) // 1 0
 * ```
 */
export const stepwiseLoss = (
  answers: readonly (readonly string[])[],
  steps: readonly (readonly number[])[],
): number => {
  let loss = 0
  const known: number[] = []
  for (const step of steps) {
    const groups = new Map<string, (readonly string[])[]>()
    for (const answer of answers) {
      const key = keyOf(answer, known)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [answer])
      else group.push(answer)
    }
    for (const group of groups.values())
      loss += (group.length / answers.length) * correlationOver(group, step)
    known.push(...step)
  }
  return loss
}

/** `C(Y|X)` in bits over equally likely answers, by enumeration. */
export const totalCorrelation = (answers: readonly (readonly string[])[]): number =>
  stepwiseLoss(answers, [Array.from(answers[0] ?? [], (_, slot) => slot)])

/** An example's answer with other contents in its slots. */
export const fillSlots = (answer: string, slots: readonly Span[], contents: readonly string[]): string => {
  let text = ""
  let from = 0
  for (const [i, { start, end }] of slots.entries()) {
    text += answer.slice(from, start) + contents[i]!
    from = end
  }
  return text + answer.slice(from)
}

/** The account of an example with one right answer, decided in these slots. */
export const singleAnswer = (answer: string, slots: readonly Span[]): AnswerSpace => ({
  slots,
  answers: 1,
  entropy: 0,
  correlation: 0,
  enumerate: () => [slots.map(({ start, end }) => answer.slice(start, end))],
})

/** One slot per character of a text of the basic plane. */
export const characterSlots = (text: string): readonly Span[] =>
  Array.from({ length: text.length }, (_, start) => ({ start, end: start + 1 }))

/** Where pieces stand in their joined text that begins `offset` characters in. */
export const spansOf = (pieces: readonly string[], separator: string, offset = 0): readonly Span[] => {
  let start = offset
  return pieces.map((piece) => {
    const span = { start, end: start + piece.length }
    start = span.end + separator.length
    return span
  })
}
