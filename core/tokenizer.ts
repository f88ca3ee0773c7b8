import type { Effect } from "effect/Effect"
import type { RequestError } from "./error.ts"

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | (string & {})
  readonly content: string
}

/** Turns tokens into text as they come; holds back bytes that do not yet end a character. */
export interface StreamDecoder {
  /** The text that has become certain with these tokens. */
  readonly push: (tokens: ArrayLike<number>) => string
  /** What is still held back. */
  readonly flush: () => string
}

export interface EncodeOptions {
  /** Add the tokens the tokenizer puts around a text (beginning of text …). Default `true`. */
  readonly addSpecialTokens?: boolean
  /** Read special tokens written in the text as such; otherwise they are ordinary text. Default `true`. */
  readonly parseSpecialTokens?: boolean
}

export interface Tokenizer {
  readonly vocabularySize: number
  readonly encode: (text: string, options?: EncodeOptions) => Int32Array
  /** `skipSpecialTokens` defaults to `true`. */
  readonly decode: (tokens: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }) => string
  readonly streamDecoder: () => StreamDecoder
  readonly tokenToId: (token: string) => number | undefined
  readonly idToToken: (id: number) => string | undefined
  /** The conversation as the model was taught to read it, ready for its answer; fails without a template. */
  readonly applyChatTemplate: (messages: readonly ChatMessage[]) => Effect<string, RequestError>
}
