import { type CountedTrigrams, pairKey, tokenLimit } from "./counted-trigrams.ts"

/** What may follow a pair of tokens: the heaviest first, of equal ones the smaller token. */
export interface Successors {
  readonly tokens: readonly number[]
  readonly weights: readonly number[]
}

/** How a table adapts. */
export interface TableOptions {
  /** What a tri-gram gains each time it is bumped. */
  readonly bump: number
  /** No weight goes beyond this. */
  readonly cap: number
}

/** Tri-grams with weights that grow where a text has them. */
export interface TrigramTable {
  readonly successors: (a: number, b: number) => Successors | undefined
  /** Every tri-gram of `tokens` from place `from` on gains, as often as it stands there. */
  readonly bump: (tokens: ArrayLike<number>, from: number) => void
}

interface Row {
  readonly tokens: number[]
  readonly weights: number[]
}

/**
 * Pairs that are held from one bump to the next, with what texts have changed of them: some tens of megabytes. The one met
 * first goes first.
 */
const mostPairs = 2 ** 18

const rowOf = ({ pairs, from, tokens, weights }: CountedTrigrams, a: number, b: number): Row | undefined => {
  let [low, high] = [0, pairs.length / 2]
  const key = pairKey(a, b)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (pairKey(pairs[2 * middle]!, pairs[2 * middle + 1]!) < key) low = middle + 1
    else high = middle
  }
  if (pairs[2 * low] !== a || pairs[2 * low + 1] !== b) return undefined
  const [start, end] = [from[low]!, from[low + 1]!]
  return { tokens: [...tokens.subarray(start, end)], weights: [...weights.subarray(start, end)] }
}

/** A table over what was counted, which stays as it is; empty at first where nothing was. */
export const trigramTable = (
  counted: CountedTrigrams | undefined,
  { bump, cap }: TableOptions,
): TrigramTable => {
  const rows = new Map<number, Row>()
  const find = (a: number, b: number, make: boolean): Row | undefined => {
    const key = pairKey(a, b)
    const known = rows.get(key)
    if (known !== undefined) return known
    const row = (counted && rowOf(counted, a, b)) ?? (make ? { tokens: [], weights: [] } : undefined)
    if (row === undefined) return undefined
    rows.set(key, row)
    return row
  }
  const gain = ({ tokens, weights }: Row, token: number): void => {
    const found = tokens.indexOf(token)
    const weight = Math.min(cap, (found < 0 ? 0 : weights[found]!) + bump)
    // One that was counted above the cap stays.
    if (found >= 0 && weight <= weights[found]!) return
    let at = found < 0 ? tokens.length : found
    for (; at > 0; at--) {
      const [w, t] = [weights[at - 1]!, tokens[at - 1]!]
      if (w > weight || (w === weight && t < token)) break
      weights[at] = w
      tokens[at] = t
    }
    weights[at] = weight
    tokens[at] = token
  }
  const isToken = (id: number): boolean => id >= 0 && id < tokenLimit
  return {
    successors: (a, b) => (isToken(a) && isToken(b) ? find(a, b, false) : undefined),
    bump(tokens, from) {
      // What gains nothing does not come to be known.
      const first = Math.min(bump, cap) > 0 ? Math.max(2, from + 2) : tokens.length
      for (let i = first; i < tokens.length; i++) {
        const [a, b, c] = [tokens[i - 2]!, tokens[i - 1]!, tokens[i]!]
        if (isToken(a) && isToken(b) && isToken(c)) gain(find(a, b, true)!, c)
      }
      // Here alone, so that what a search has met is still there when its tree is made.
      for (const key of rows.keys()) {
        if (rows.size <= mostPairs) break
        rows.delete(key)
      }
    },
  }
}
