import type { LibraryModel } from "./_library.ts"
import { mergePairs } from "./_merge.ts"

/** What byte-pair encoding needs. */
export interface BytePairs {
  /** Tokens by id; holes where an id has none. */
  readonly tokens: readonly (string | undefined)[]
  /** `left + " " + right`, best first; asked for with the first text. */
  readonly merges: () => readonly string[]
  readonly unknown: string | undefined
  readonly fuseUnknown: boolean
  readonly byteFallback: boolean
  /** A word that is a token is that token, whatever the merges say. */
  readonly ignoreMerges: boolean
}

const cachedWords = 20_000
const longestCached = 64

const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`

const idsOf = (tokens: readonly (string | undefined)[]): Map<string, number> => {
  const ids = new Map<string, number>()
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id]
    if (token !== undefined) ids.set(token, id)
  }
  return ids
}

const ranksOf = (merges: readonly string[]): ReadonlyMap<string, number> => {
  const ranks = new Map<string, number>()
  for (let rank = 0; rank < merges.length; rank++) ranks.set(merges[rank]!, rank)
  return ranks
}

/** The characters of a word that have tokens, the others replaced by bytes or the unknown token, or left out. */
const symbolsOf = (word: string, pairs: BytePairs, ids: ReadonlyMap<string, number>): string[] => {
  const symbols: string[] = []
  for (const character of word) {
    if (ids.has(character)) {
      symbols.push(character)
      continue
    }
    const bytes = pairs.byteFallback ? Array.from(new TextEncoder().encode(character), byteToken) : []
    if (bytes.length > 0 && bytes.every((token) => ids.has(token))) symbols.push(...bytes)
    else if (pairs.unknown !== undefined && !(pairs.fuseUnknown && symbols.at(-1) === pairs.unknown))
      symbols.push(pairs.unknown)
  }
  return symbols
}

/**
 * Byte-pair encoding for the pipeline of the tokenizers library, in place of the library's own. It is built in a
 * fraction of the time, and a character without a token vanishes (or becomes unknown) before merging, as in the
 * reference implementation, so that its neighbours may merge.
 */
export const bytePairModel = (pairs: BytePairs): LibraryModel => {
  // Nobody needs ids by token, nor ranks, before the first text.
  let known: Map<string, number> | undefined
  const ids = (): Map<string, number> => (known ??= idsOf(pairs.tokens))
  const words = new Map<string, readonly string[]>()
  let ranks: ReadonlyMap<string, number> | undefined

  const encodeWord = (word: string): readonly string[] => {
    const before = words.get(word)
    if (before !== undefined) return before
    ranks ??= ranksOf(pairs.merges())
    const tokens =
      pairs.ignoreMerges && ids().has(word) ? [word] : mergePairs(symbolsOf(word, pairs, ids()), ranks)
    if (word.length <= longestCached) {
      if (words.size >= cachedWords) words.clear()
      words.set(word, tokens)
    }
    return tokens
  }

  const encode = (given: string[]): string[] => {
    const out: string[] = []
    for (const word of given) for (const token of encodeWord(word)) out.push(token)
    return out
  }
  const model = Object.assign(encode, { vocab: pairs.tokens, unk_token: pairs.unknown })
  return Object.defineProperties(model, {
    tokens_to_ids: { get: ids },
    unk_token_id: { get: () => (pairs.unknown === undefined ? undefined : ids().get(pairs.unknown)) },
  }) as unknown as LibraryModel
}
