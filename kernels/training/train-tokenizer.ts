import { TrainingError } from "./error.ts"

export interface TokenizerOptions {
  /** Tokens in all: 256 bytes, the special ones, and as many merges as are left and found. */
  readonly vocabularySize: number
  /** Tokens that no text is split into, such as an end or a mask; they have the first ids. */
  readonly special?: readonly string[]
  /** Characters that are tokens of their own whatever stands beside them, such as digits. Defaults to none. */
  readonly isolated?: readonly string[]
  /** Pairs that are rarer are not merged. Defaults to 2. */
  readonly leastCount?: number
}

/** What `tokenizer.json` holds: a byte-level BPE tokenizer as Hugging Face's tokenizers write it. */
export type TokenizerFile = Readonly<Record<string, unknown>>

/** GPT-2's words: a space belongs to the word after it. */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

/** The character that stands for each byte: printable Latin-1 itself, the others from U+0100 on (GPT-2). */
const byteCharacters = (): readonly string[] => {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    return String.fromCharCode(printable ? byte : next++)
  })
}

interface Word {
  symbols: number[]
  readonly count: number
}

/** Ids are below 2²⁴, so that a pair is one exact number. */
const SHIFT = 2 ** 24
const pairOf = (left: number, right: number): number => left * SHIFT + right

/** Counts of neighbouring symbols, kept up to date while words are merged. */
class Pairs {
  readonly #counts = new Map<number, number>()
  readonly #holders = new Map<number, Set<Word>>()

  add(word: Word, sign: 1 | -1): void {
    for (let i = 1; i < word.symbols.length; i++) {
      const pair = pairOf(word.symbols[i - 1]!, word.symbols[i]!)
      const count = (this.#counts.get(pair) ?? 0) + sign * word.count
      if (count === 0) this.#counts.delete(pair)
      else this.#counts.set(pair, count)
      if (sign === 1) {
        const holders = this.#holders.get(pair)
        if (holders === undefined) this.#holders.set(pair, new Set([word]))
        else holders.add(word)
      }
    }
  }

  /** The most frequent pair; of equals the one of the oldest symbols. */
  best(least: number): number | undefined {
    let best: number | undefined
    let most = least - 1
    for (const [pair, count] of this.#counts)
      if (count > most || (count === most && best !== undefined && pair < best)) {
        best = pair
        most = count
      }
    return best
  }

  merge(pair: number, id: number): void {
    const [left, right] = [Math.floor(pair / SHIFT), pair % SHIFT]
    const holders = this.#holders.get(pair) ?? []
    this.#holders.delete(pair)
    for (const word of holders) {
      this.add(word, -1)
      const merged: number[] = []
      for (const symbol of word.symbols)
        if (symbol === right && merged.at(-1) === left) merged[merged.length - 1] = id
        else merged.push(symbol)
      word.symbols = merged
      this.add(word, 1)
    }
  }
}

/** A pattern of any one of some characters. */
const anyOf = (characters: readonly string[]): string =>
  `[${characters.map((character) => character.replace(/[\\\]^-]/, "\\$&")).join("")}]`

const countWords = (
  texts: Iterable<string>,
  firstByte: readonly number[],
  isolated: readonly string[],
): readonly Word[] => {
  const counts = new Map<string, number>()
  // Nothing is merged with what is isolated, so it need not be counted.
  const between = isolated.length === 0 ? undefined : new RegExp(anyOf(isolated), "u")
  for (const text of texts)
    for (const part of between === undefined ? [text] : text.split(between))
      for (const [word] of part.matchAll(words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const encoder = new TextEncoder()
  return [...counts].map(([word, count]) => ({
    symbols: Array.from(encoder.encode(word), (byte) => firstByte[byte]!),
    count,
  }))
}

/**
 * Learns byte-level byte-pair encoding (Sennrich et al. 2016; GPT-2): the most frequent pair of neighbours becomes a
 * token, over and over. Without merges, a vocabulary of 256 and the special tokens, it is plain bytes. The same texts
 * give the same file.
 *
 * @throws TrainingError `training.small-vocabulary` where not even bytes fit.
 */
export const trainTokenizer = (
  texts: Iterable<string>,
  { vocabularySize, special = [], isolated = [], leastCount = 2 }: TokenizerOptions,
): TokenizerFile => {
  const tokens = [...special, ...byteCharacters()]
  if (!Number.isSafeInteger(vocabularySize) || vocabularySize < tokens.length || vocabularySize >= SHIFT)
    throw new TrainingError({
      code: "training.small-vocabulary",
      message: `A vocabulary of ${vocabularySize} does not hold 256 bytes and ${special.length} special tokens.`,
      advice: `It needs at least ${tokens.length}.`,
    })
  const merges: [string, string][] = []
  const pairs = new Pairs()
  if (tokens.length < vocabularySize) {
    const ids = Array.from({ length: 256 }, (_, byte) => special.length + byte)
    for (const word of countWords(texts, ids, isolated)) pairs.add(word, 1)
  }
  while (tokens.length < vocabularySize) {
    const pair = pairs.best(leastCount)
    if (pair === undefined) break
    const [left, right] = [tokens[Math.floor(pair / SHIFT)]!, tokens[pair % SHIFT]!]
    merges.push([left, right])
    pairs.merge(pair, tokens.length)
    tokens.push(left + right)
  }
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer:
      isolated.length === 0
        ? byteLevel
        : {
            type: "Sequence",
            pretokenizers: [
              { type: "Split", pattern: { Regex: anyOf(isolated) }, behavior: "Isolated", invert: false },
              byteLevel,
            ],
          },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  }
}
