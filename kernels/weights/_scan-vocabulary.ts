/**
 * Nearly all of a `tokenizer.json` is the vocabulary and the merges of its model. `JSON.parse` makes an object of
 * 50,000 properties and 50,000 small arrays of them; reading the same text into two flat lists takes half the time.
 */
export interface ScannedTokenizer {
  /** The JSON with an empty vocabulary and no merges. */
  readonly rest: string
  readonly tokens: readonly (string | undefined)[]
  /** `left + " " + right`. */
  readonly merges: readonly string[]
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const backslash = 0x5c
const closeBrace = 0x7d

/** Thrown where the text is not laid out as expected; it is read the ordinary way then. */
const unexpected = new Error("unexpected layout")

/** The place of the next character that is no whitespace. */
const skip = (source: string, from: number): number => {
  let at = from
  for (;;) {
    const code = source.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at
    at++
  }
}

/** The place after a character that has to come next. */
const pass = (source: string, from: number, code: number): number => {
  const at = skip(source, from)
  if (source.charCodeAt(at) !== code) throw unexpected
  return at + 1
}

/** The place of the quote that ends the text which starts at `from`; its complement where the text has escapes. */
const endOfText = (source: string, from: number): number => {
  let escaped = false
  for (let at = from; at < source.length; at++) {
    const code = source.charCodeAt(at)
    if (code === quote) return escaped ? ~at : at
    if (code === backslash) {
      escaped = true
      at++
    }
  }
  throw unexpected
}

/** The text from `from` to the end that {@link endOfText} gave. */
const textBetween = (source: string, from: number, end: number): string =>
  end >= 0 ? source.substring(from, end) : (JSON.parse(source.substring(from - 1, ~end + 1)) as string)

const after = (end: number): number => (end >= 0 ? end : ~end) + 1

interface Scanned<A> {
  readonly values: A
  /** The place after the closing bracket. */
  readonly end: number
}

const scanTokens = (
  source: string,
  start: number,
  most: number,
): Scanned<readonly (string | undefined)[]> => {
  const values: (string | undefined)[] = []
  let at = skip(source, start)
  while (source.charCodeAt(at) !== closeBrace) {
    if (values.length > 0) at = pass(source, at, comma)
    const from = pass(source, at, quote)
    const end = endOfText(source, from)
    at = skip(source, pass(source, after(end), colon))
    const digits = at
    let id = 0
    for (let code = source.charCodeAt(at); code >= 0x30 && code <= 0x39; code = source.charCodeAt(++at))
      id = id * 10 + code - 0x30
    if (at === digits || id >= most) throw unexpected
    values[id] = textBetween(source, from, end)
    at = skip(source, at)
  }
  return { values, end: at + 1 }
}

const scanMerges = (source: string, start: number): Scanned<readonly string[]> => {
  const values: string[] = []
  let at = skip(source, start)
  while (source.charCodeAt(at) !== closeBracket) {
    if (values.length > 0) at = skip(source, pass(source, at, comma))
    if (source.charCodeAt(at) === quote) {
      const end = endOfText(source, at + 1)
      values.push(textBetween(source, at + 1, end))
      at = skip(source, after(end))
      continue
    }
    const left = pass(source, pass(source, at, openBracket), quote)
    const leftEnd = endOfText(source, left)
    const right = pass(source, pass(source, after(leftEnd), comma), quote)
    const rightEnd = endOfText(source, right)
    at = skip(source, pass(source, after(rightEnd), closeBracket))
    const pair = [textBetween(source, left, leftEnd), textBetween(source, right, rightEnd)] as const
    // With a space in it, the pair could not be told from another.
    if (pair[0].includes(" ") || pair[1].includes(" ")) throw unexpected
    values.push(`${pair[0]} ${pair[1]}`)
  }
  return { values, end: at + 1 }
}

/**
 * Takes vocabulary and merges out of a `tokenizer.json`, or gives `undefined` where the text is not laid out as the
 * tokenizers library writes it. `most` bounds the ids.
 */
export const scanVocabulary = (source: string, most: number): ScannedTokenizer | undefined => {
  const vocabulary = /"vocab"\s*:\s*\{/.exec(source)
  if (vocabulary === null) return undefined
  const start = vocabulary.index + vocabulary[0].length
  try {
    const tokens = scanTokens(source, start, most)
    const between = /\s*,\s*"merges"\s*:\s*\[/y
    between.lastIndex = tokens.end
    if (!between.test(source)) return undefined
    const merges = scanMerges(source, between.lastIndex)
    const rest = `${source.slice(0, start)}},"merges":[]${source.slice(merges.end)}`
    return { rest, tokens: tokens.values, merges: merges.values }
  } catch {
    return undefined
  }
}
