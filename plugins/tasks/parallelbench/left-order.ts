/**
 * How autoregressive a decoding order is (global ARness@k, NAP): the share of commits that take one of the `k` leftmost
 * positions still masked. 1 from left to right. Positions of one step are taken from the left, one after another, so a
 * step that fills the leftmost run is wholly autoregressive; tell how many a step fills beside it.
 *
 * @param rounds The positions that each step filled, of all that were masked.
 */
export const autoregressiveness = (rounds: readonly (readonly number[])[], k = 1): number => {
  const masked = rounds.flat().sort((a, b) => a - b)
  const total = masked.length
  let leftmost = 0
  for (const positions of rounds)
    for (const position of [...positions].sort((a, b) => a - b)) {
      const place = masked.indexOf(position)
      if (place < k) leftmost++
      masked.splice(place, 1)
    }
  return total === 0 ? 0 : leftmost / total
}

/**
 * The positions that each step of a decoding filled, from its events: `committed` up to each `round`, without what was
 * given.
 */
export const filledByRound = (
  events: Iterable<{ readonly type: string }>,
): readonly (readonly number[])[] => {
  const rounds: number[][] = []
  let current: number[] = []
  for (const event of events)
    if (event.type === "committed") {
      const { position, proposers } = event as CommittedLike
      proposers.forEach((proposer, i) => {
        if (proposer !== "given") current.push(position + i)
      })
    } else if (event.type === "round") {
      rounds.push(current)
      current = []
    }
  return rounds
}

interface CommittedLike {
  readonly type: string
  readonly position: number
  readonly proposers: readonly (string | null)[]
}

/**
 * How much later parts of a text depend on earlier ones (SeqDep, NAP): the mean over all segments but the first of
 * `log p(s_n | x, s_<n) − log p(s_n | x)`, by any model that reads from left to right. In nats per segment.
 */
export const sequentialDependence = (
  segments: readonly { readonly given: number; readonly alone: number }[],
): number => {
  const later = segments.slice(1)
  return later.length === 0
    ? 0
    : later.reduce((sum, { given, alone }) => sum + given - alone, 0) / later.length
}
