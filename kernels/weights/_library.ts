import * as library from "@huggingface/tokenizers"

// The parts of the tokenizers library used here. Its own declarations name files without extensions, which strict
// module resolution does not follow.

/** Words in, tokens out; called as a function. */
export interface LibraryModel {
  (words: string[]): string[]
  vocab: readonly (string | undefined)[]
  tokens_to_ids: Map<string, number>
  unk_token: string | undefined
  unk_token_id: number | undefined
}

export interface LibraryTokenizer {
  model: LibraryModel
  readonly encode: (
    text: string,
    options: { readonly add_special_tokens: boolean },
  ) => { readonly ids: readonly number[] }
}

/** A tokenizer from `tokenizer.json` and a config. */
export const makeLibraryTokenizer = (json: object, config: object): LibraryTokenizer =>
  new (
    library as unknown as { readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer }
  ).Tokenizer(json, config)
