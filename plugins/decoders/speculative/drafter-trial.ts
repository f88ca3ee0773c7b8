/** Rounds that a drafter is believed before it is judged, and in each later trial. */
const trial = 8

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
 * the time.
 */
export const drafterTrial = (): DrafterTrial => {
  let left = trial
  let rest = 0
  let tokens = 0
  let spent = 0
  /** What a round of the drafter has cost beyond a plain one that brings as much. */
  const lossOf = (plain: number): number => spent - tokens * plain
  return {
    isOn(plain) {
      if (rest > 0) {
        rest--
        if (rest === 0) left = trial
        return false
      }
      if (left > 0) return true
      const loss = lossOf(plain)
      if (loss <= 0) return true
      // What the last trial has lost is spread over so many plain rounds that it is a small share of them.
      rest = Math.ceil(loss / (probing * plain))
      return false
    },
    record(count, price) {
      left = Math.max(0, left - 1)
      tokens = decay * tokens + count
      spent = decay * spent + price
    },
  }
}
