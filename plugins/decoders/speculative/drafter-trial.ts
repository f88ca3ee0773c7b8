/** Rounds that a trial has at least: what the first asks for, the second can propose. */
const least = 2

/** What a drafter may have lost before it rests, in plain rounds: fewer, and chance would end half the trials of one that pays. */
const allowance = 2

/** What it has won is remembered up to this, in plain rounds, so that one that ceases to pay is soon left alone. */
const credit = 8

/** Share of the time that may go into finding out whether drafting has come to pay. */
const probing = 0.01

/** Whether drafting pays that costs something. */
export interface DrafterTrial {
  /** Whether the drafter is asked in the next round. */
  readonly isOn: () => boolean
  /** A round has passed without it. */
  readonly rested: () => void
  /** A round that asked it has brought so many tokens, at this price; `plain` is that of a round without it. */
  readonly record: (tokens: number, price: number, plain: number) => void
}

/**
 * Asks a drafter until its rounds have cost more than plain ones that bring as much, by a sum that forgets old gains (a cumulative sum
 * chart; Page 1954): its own figures may be of other texts. Then it rests, and is tried again so rarely that trials cost 1 % of the time.
 */
export const drafterTrial = (): DrafterTrial => {
  let asked = 0
  let rest = 0
  /** In plain rounds. */
  let lost = 0
  return {
    isOn: () => rest === 0 && (asked < least || lost <= allowance),
    rested() {
      // What the trial has lost is spread over so many plain rounds that it is a small share of them.
      if (rest === 0) rest = Math.max(1, Math.ceil(lost / probing))
      if (--rest > 0) return
      // A new trial is judged by its own rounds.
      asked = 0
      lost = 0
    },
    record(tokens, price, plain) {
      asked++
      lost = Math.max(-credit, lost + price / plain - tokens)
    },
  }
}
