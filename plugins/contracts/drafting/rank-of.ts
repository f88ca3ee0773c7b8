/** How many logits are greater than a token's, or equal with a lower id: its rank among the guesses. */
export const rankOf = (logits: Float32Array, token: number): number => {
  const own = logits[token]!
  let rank = 0
  for (let i = 0; i < logits.length; i++) if (logits[i]! > own || (logits[i] === own && i < token)) rank++
  return rank
}
