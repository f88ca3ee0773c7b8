/** Rounds that a drafter is believed before it is judged, and in each later trial. */
const trial = 8

/** Rounds that a trial has at least: what the first asks for, the second can propose. */
const least = 2

/** What a trial may lose before it is broken off, in plain rounds: texts may be as short as a trial. */
const allowance = 1

/** A round counts for this much less with every later one. */
const decay = 0.95

/** Share of the time that may go into finding out whether drafting has come to pay. */
const probing = 0.01

/** Whether drafting pays that costs something. */
export interface DrafterTrial {
  /** Whether the drafter is asked in the next round; `plain` is the price of a round without it. */
  readonly isOn: (plain: number) => boolean
  /** A round has passed without it. */
  readonly rested: (plain: number) => void
  /** A round that asked it has brought so many tokens, at this price. */
  readonly record: (tokens: number, price: number) => void
}

/**
 * Asks a drafter as long as its rounds have brought more tokens a millisecond than plain ones would: its own figures may be of
 * other texts. Otherwise it rests, and is tried again so rarely that trials cost 1 % of the time. From its second round on, no
 * trial goes on when it has lost more than a plain round costs.
 */
export const drafterTrial = (): DrafterTrial => {
  let asked = 0
  let rest = 0
  let tokens = 0
  let spent = 0
  /** What rounds of the drafter have cost beyond plain ones that bring as much. */
  const lossOf = (plain: number): number => spent - tokens * plain
  return {
    isOn: (plain) =>
      rest === 0 && (asked < least || lossOf(plain) <= (asked < trial ? allowance * plain : 0)),
    rested(plain) {
      // What the trial has lost is spread over so many plain rounds that it is a small share of them.
      if (rest === 0) rest = Math.max(1, Math.ceil(lossOf(plain) / (probing * plain)))
      if (--rest > 0) return
      // A new trial is judged by its own rounds.
      asked = 0
      tokens = 0
      spent = 0
    },
    record(count, price) {
      asked++
      tokens = decay * tokens + count
      spent = decay * spent + price
    },
  }
}
