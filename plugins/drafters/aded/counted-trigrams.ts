/**
 * What followed each pair of tokens in some texts, and how often: a sparse matrix by rows. A row's weights are its shares; where
 * only the heaviest were kept they add up to less than 1.
 */
export interface CountedTrigrams {
  /** `[pairs, 2]`, ascending. */
  readonly pairs: Int32Array
  /** `[pairs + 1]`: the successors of pair `i` are those from `from[i]` to before `from[i + 1]`. */
  readonly from: Int32Array
  /** `[successors]`, of a pair the heaviest first, of equal ones the smaller token. */
  readonly tokens: Int32Array
  /** `[successors]`, above 0 and at most 1. */
  readonly weights: Float32Array
}

/** Token ids are below this, so that a pair of them is a whole number below 2^52. */
export const tokenLimit: number = 2 ** 26

/** A pair of tokens as one number, in the order of pairs. */
export const pairKey = (a: number, b: number): number => a * tokenLimit + b

/** Counts tri-grams. */
export interface TrigramCounter {
  /** Different tri-grams so far. */
  readonly size: () => number
  /** How often `c` is what followed `a, b`: 0 where that pair was never seen. */
  readonly share: (a: number, b: number, c: number) => number
  /** A text of fewer than three tokens has none; places of vectors (negative ids) are in none. */
  readonly add: (text: ArrayLike<number>) => void
  /** The `successors` heaviest of each pair. Their weights are not made to add up to 1 again. */
  readonly counted: (successors: number) => CountedTrigrams
}

export const trigramCounter = (): TrigramCounter => {
  const counts = new Map<number, Map<number, number>>()
  const totals = new Map<number, number>()
  let size = 0
  return {
    size: () => size,
    share(a, b, c) {
      const key = pairKey(a, b)
      return (counts.get(key)?.get(c) ?? 0) / (totals.get(key) ?? 1)
    },
    add(text) {
      for (let i = 2; i < text.length; i++) {
        const [a, b, c] = [text[i - 2]!, text[i - 1]!, text[i]!]
        if (a < 0 || b < 0 || c < 0) continue
        const key = pairKey(a, b)
        let row = counts.get(key)
        if (row === undefined) counts.set(key, (row = new Map()))
        const before = row.get(c)
        if (before === undefined) size++
        row.set(c, (before ?? 0) + 1)
        totals.set(key, (totals.get(key) ?? 0) + 1)
      }
    },
    counted(successors) {
      const pairs: number[] = []
      const from = [0]
      const tokens: number[] = []
      const weights: number[] = []
      for (const key of [...counts.keys()].sort((a, b) => a - b)) {
        const row = counts.get(key)!
        const total = totals.get(key)!
        pairs.push(Math.floor(key / tokenLimit), key % tokenLimit)
        const heaviest = [...row].sort(([s, m], [t, n]) => n - m || s - t).slice(0, successors)
        for (const [token, count] of heaviest) {
          tokens.push(token)
          weights.push(count / total)
        }
        from.push(tokens.length)
      }
      return {
        pairs: Int32Array.from(pairs),
        from: Int32Array.from(from),
        tokens: Int32Array.from(tokens),
        weights: Float32Array.from(weights),
      }
    },
  }
}
