/** The tokens of the greatest logits, greatest first, the lowest token first at ties. */
const likeliest = (logits: Float32Array): number[] =>
  Array.from(logits, (_, token) => token).sort((a, b) => logits[b]! - logits[a]! || a - b)

/** A row of the output `argmax`, in the plainest way. */
export const argmaxRow = (logits: Float32Array): Float32Array => {
  const token = likeliest(logits)[0]!
  return Float32Array.of(token, logits[token]!, logits.some(Number.isNaN) ? NaN : 0)
}

/** A row of the output `readout.drawn`, in the plainest way. */
export const drawnRow = (
  logits: Float32Array,
  u: number,
  temperature: number,
  without: number | undefined,
): Float32Array => {
  const greatest = logits.reduce(
    (most, logit, token) => (token === without ? most : Math.max(most, logit)),
    -Infinity,
  )
  const weights = Array.from(logits, (logit, token) =>
    token === without ? 0 : Math.exp((logit - greatest) / temperature),
  )
  const target = u * weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  const token = weights.findIndex((weight) => (sum += weight) > target)
  return Float32Array.of(token, logits[token]!)
}

/** A row of the output `readout`, or of `readout.entropy`, with the `k` likeliest tokens and those named, in the plainest way. */
export const readoutRow = (
  logits: Float32Array,
  k: number,
  tokens: ArrayLike<number>,
  entropy: boolean,
): Float32Array => {
  const top = likeliest(logits).slice(0, k)
  const least = logits[top.at(-1)!]!
  let sum = 0
  let weighted = 0
  for (const logit of logits) {
    const cut = Math.min(logit, least)
    sum += Math.exp(cut - least)
    if (cut > -Infinity) weighted += cut * Math.exp(cut - least)
  }
  const named = Array.from(tokens, (token) => logits[token]!)
  const sums = entropy ? [1 / sum, weighted / sum] : [1 / sum]
  return Float32Array.of(...top, ...top.map((token) => logits[token]!), ...sums, ...named)
}
