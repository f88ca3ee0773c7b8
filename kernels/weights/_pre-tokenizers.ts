import type { JsonRecord } from "./_json-file.ts"

/** The pattern of GPT-2, which `ByteLevel` applies. `\s` here is Unicode's, not JavaScript's. */
const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

/** Every match on its own, and what lies between. */
export const isolate = (pattern: string): JsonRecord => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
})

const sequence = (...pretokenizers: readonly JsonRecord[]): JsonRecord => ({
  type: "Sequence",
  pretokenizers,
})

/** Characters of a text as bytes in the printable alphabet of GPT-2, and nothing else. */
export const bytesOnly: JsonRecord = { type: "ByteLevel", add_prefix_space: false, use_regex: false }

/** A space in front, unless there is one. */
const prefixSpace: JsonRecord = {
  type: "Replace",
  pattern: { Regex: String.raw`\A(?! )` },
  content: " ",
}

/** GPT-2's own pre-tokenizer. */
export const gpt2PreTokenizer: JsonRecord = sequence(isolate(gpt2Pattern), bytesOnly)

/**
 * Says the same in terms that the tokenizers library understands as its reference does: there, `Digits` splits all of
 * Unicode's numbers, and the whitespace of `ByteLevel` is Unicode's.
 */
export const portable = (preTokenizer: JsonRecord): JsonRecord => {
  switch (preTokenizer["type"]) {
    case "Sequence":
      return sequence(...((preTokenizer["pretokenizers"] ?? []) as readonly JsonRecord[]).map(portable))
    case "Digits":
      return isolate(preTokenizer["individual_digits"] === true ? String.raw`\p{N}` : String.raw`\p{N}+`)
    case "ByteLevel": {
      const prefix = preTokenizer["add_prefix_space"] === true ? [prefixSpace] : []
      const split = preTokenizer["use_regex"] === false ? [] : [isolate(gpt2Pattern)]
      return sequence(...prefix, ...split, bytesOnly)
    }
    default:
      return preTokenizer
  }
}
