import { WeightsError, type EncodeOptions } from "@parade/core"
import { bytePairModel } from "./_bpe-model.ts"
import { type LibraryTokenizer, makeLibraryTokenizer } from "./_library.ts"
import type { TokenizerParts } from "./_tokenizer-parts.ts"

/** Text to tokens by the tokenizers library. */
export interface Pipeline {
  readonly encode: (text: string, options: EncodeOptions) => Int32Array
  /** Tokens by id; holes where an id has none. */
  readonly tokens: readonly (string | undefined)[]
  readonly ids: ReadonlyMap<string, number>
}

/** Builds the pipeline. Throws `WeightsError` where the library does not know a part of it. */
export const makePipeline = (parts: TokenizerParts): Pipeline => {
  const build = (withSpecialTokens: boolean): LibraryTokenizer => {
    const added = parts.json["added_tokens"] as readonly { readonly special?: boolean }[]
    try {
      return makeLibraryTokenizer(
        { ...parts.json, added_tokens: added.filter(({ special }) => withSpecialTokens || special !== true) },
        parts.specialTokens,
      )
    } catch (cause) {
      throw new WeightsError({
        code: "weights.unsupported-tokenizer",
        message: `The tokenizer cannot be built: ${cause instanceof Error ? cause.message : String(cause)}.`,
        advice: "Use a model with a byte-level BPE, SentencePiece BPE or Unigram tokenizer.",
        path: parts.path,
        cause,
      })
    }
  }
  const library = build(true)
  if (parts.pairs !== undefined) library.model = bytePairModel(parts.pairs)
  const model = library.model
  let plain: LibraryTokenizer | undefined
  const plainLibrary = (): LibraryTokenizer => {
    if (plain === undefined) {
      plain = build(false)
      plain.model = model
    }
    return plain
  }
  return {
    encode: (text, options) => {
      const chosen = options.parseSpecialTokens === false ? plainLibrary() : library
      return Int32Array.from(
        chosen.encode(text, { add_special_tokens: options.addSpecialTokens ?? true }).ids,
      )
    },
    tokens: model.vocab,
    get ids() {
      return model.tokens_to_ids
    },
  }
}
