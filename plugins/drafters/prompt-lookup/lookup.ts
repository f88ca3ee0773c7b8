import { type MatchOrder, type NgramIndex, ngramIndex } from "./ngram-index.ts"

/** An earlier place in the text where its last tokens stand too. */
export interface Match {
  /** Index of the token after the match: the first of the continuation. */
  readonly from: number
  /** How many tokens before `from` equal the end of the text, counted up to {@link longestMatch}. */
  readonly length: number
  /** The chance that its first token follows; by its length where absent. */
  readonly chance?: number
}

/** Matches are not measured further back than this. */
export const longestMatch = 32

export interface LookupOptions {
  readonly minNgram: number
  readonly maxNgram: number
  readonly match: MatchOrder
  /** Look for continuations among the first tokens only; the whole text where absent. */
  readonly within?: number
}

/** Finds where the end of a growing text occurred before. */
export interface Lookup {
  /** Matches of the last tokens, longest n-gram first, then by order; `limit` at most. */
  readonly matches: (tokens: Int32Array, limit: number) => readonly Match[]
}

const matchedLength = (tokens: Int32Array, from: number): number => {
  let length = 0
  while (
    length < longestMatch &&
    length < from &&
    tokens[from - 1 - length] === tokens[tokens.length - 1 - length]
  )
    length++
  return length
}

/**
 * An incremental lookup: a call indexes the tokens that came since the last one and then answers from hash tables,
 * so its cost does not grow with the text. An n-gram is indexed only once a token follows it, so the end of the text
 * never matches itself. N-grams with a placeholder (a negative id, where a prompt row was a vector) are left out.
 */
export const lookup = ({ minNgram, maxNgram, match, within }: LookupOptions): Lookup => {
  const indices: NgramIndex[] = []
  for (let n = maxNgram; n >= minNgram; n--) indices.push(ngramIndex(n, match))
  /** Tokens that are indexed as the follower of an n-gram. */
  let indexed = 0
  /** Tokens without a placeholder that end where `indexed` stands. */
  let clean = 0

  const extend = (tokens: Int32Array): void => {
    const end = Math.min(tokens.length, within ?? tokens.length)
    for (; indexed < end; indexed++) {
      for (const index of indices) if (index.n <= clean) index.add(tokens, indexed - index.n)
      clean = tokens[indexed]! < 0 ? 0 : clean + 1
    }
  }

  return {
    matches(tokens, limit) {
      extend(tokens)
      const found: Match[] = []
      for (const index of indices) {
        if (index.n > tokens.length) continue
        let at = index.find(tokens, tokens.length - index.n)
        for (; at >= 0 && found.length < limit; at = index.next(at)) {
          const from = at + index.n
          if (!found.some((other) => other.from === from))
            found.push({ from, length: matchedLength(tokens, from) })
        }
      }
      return found
    },
  }
}
