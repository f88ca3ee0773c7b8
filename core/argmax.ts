import { DecodeError } from "./error.ts"

/** The failure of a row of logits that holds NaN or +Infinity. */
export const notANumber = (token: number): DecodeError =>
  new DecodeError({
    code: "decode.not-a-number",
    message: `The logit of token ${token} is not a number.`,
    advice: "Check the weights, or compute in a wider type.",
    fault: "environment",
  })

/** The failure of a distribution in which no token has any weight. */
export const nothingPossible = (): DecodeError =>
  new DecodeError({
    code: "decode.nothing-possible",
    message: "No token is possible here.",
    advice: "Loosen the constraints on the text; at least one token must stay allowed.",
  })

/**
 * The index of the greatest value, the lowest of them at ties. `-Infinity` means impossible.
 *
 * @throws DecodeError `decode.not-a-number` at NaN or +Infinity, `decode.nothing-possible` where all is impossible.
 */
export const argmax = (values: ArrayLike<number>): number => {
  let best = -Infinity
  let at = -1
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    // NaN is in no order relation, so one comparison finds both a greater value and NaN.
    if (!(value <= best)) {
      if (!(value < Infinity)) throw notANumber(i)
      best = value
      at = i
    }
  }
  if (at < 0) throw nothingPossible()
  return at
}
