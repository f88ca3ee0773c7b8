/** Rounds that a drafter is believed before it is judged, and in each later trial. */
const trial = 8

/** Rounds that a trial has at least: what the first asks for, the second can propose. */
const least = 2

/** What a trial may lose before it is broken off, in plain rounds: texts may be as short as a trial. */
const allowance = 1

/** A round counts for this much less with every later one. */
const decay = 0.9

/** Share of the time that may go into finding out whether drafting has come to pay. */
const probing = 0.01

/** Whether plans that only their drafter can weigh have paid. */
export interface DrafterTrial {
  /** Whether the drafter is asked in this round; `plain` is the price of a round without it. */
  readonly isOn: (plain: number) => boolean
  /** A round with its rows, at this price, has brought so many tokens. */
  readonly record: (tokens: number, price: number) => void
}

/**
 * Asks a drafter as long as its rounds have brought more tokens a millisecond than plain ones would, by the measured price
 * of rows: its own figures may be of other texts. Otherwise it rests, and is tried again so rarely that trials cost 1 % of
 * the time. From its second round on, no trial goes on when it has lost more than a plain round costs.
 */
export const drafterTrial = (): DrafterTrial => {
  let asked = 0
  let rest = 0
  let tokens = 0
  let spent = 0
  /** What rounds of the drafter have cost beyond plain ones that bring as much. */
  const lossOf = (plain: number): number => spent - tokens * plain
  return {
    isOn(plain) {
      if (rest > 0) {
        rest--
        if (rest > 0) return false
        // A new trial is judged by its own rounds.
        asked = 0
        tokens = 0
        spent = 0
      }
      const loss = lossOf(plain)
      if (asked < least || loss <= (asked < trial ? allowance * plain : 0)) return true
      // What the last trial has lost is spread over so many plain rounds that it is a small share of them.
      rest = Math.ceil(loss / (probing * plain))
      return false
    },
    record(count, price) {
      asked++
      tokens = decay * tokens + count
      spent = decay * spent + price
    },
  }
}
