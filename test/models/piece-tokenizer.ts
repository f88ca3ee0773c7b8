import { RequestError, type StreamDecoder, type Tokenizer } from "@parade/core"
import * as Effect from "effect/Effect"

/** What a token stands for: text, bytes that need not end at a character, or nothing where it is special. */
export type Piece = string | Uint8Array | { readonly special: string }

const encoder = new TextEncoder()

const bytesOf = (piece: Piece): Uint8Array =>
  typeof piece === "string" ? encoder.encode(piece) : piece instanceof Uint8Array ? piece : new Uint8Array(0)

const startsAt = (bytes: Uint8Array, at: number, piece: Uint8Array): boolean =>
  at + piece.length <= bytes.length && piece.every((byte, i) => bytes[at + i] === byte)

/**
 * A tokenizer given by its pieces: token `i` is `pieces[i]`. Encodes by the longest piece that fits; a byte no piece
 * begins with becomes token 0. Text is streamed by whole characters, as a real tokenizer of bytes does.
 */
export const pieceTokenizer = (pieces: readonly Piece[]): Tokenizer => {
  const bytes = pieces.map(bytesOf)
  const names = pieces.map((piece, i) =>
    typeof piece === "string" ? piece : "special" in piece ? piece.special : `<piece ${i}>`,
  )
  const isSpecial = pieces.map((piece) => typeof piece === "object" && "special" in piece)
  const longestFirst = bytes
    .map((piece, token) => ({ piece, token }))
    .filter(({ piece }) => piece.length > 0)
    .sort((a, b) => b.piece.length - a.piece.length || a.token - b.token)

  const encode = (text: string): Int32Array => {
    const input = encoder.encode(text)
    const tokens: number[] = []
    for (let at = 0; at < input.length;) {
      const match = longestFirst.find(({ piece }) => startsAt(input, at, piece))
      tokens.push(match?.token ?? 0)
      at += match?.piece.length ?? 1
    }
    return Int32Array.from(tokens)
  }
  const streamDecoder = (skipSpecialTokens = true): StreamDecoder => {
    const decoder = new TextDecoder()
    return {
      push(tokens) {
        let text = ""
        for (let i = 0; i < tokens.length; i++) {
          const token = tokens[i]!
          text += decoder.decode(bytes[token] ?? new Uint8Array(0), { stream: true })
          if (!skipSpecialTokens && isSpecial[token] === true) text += names[token]
        }
        return text
      },
      flush: () => decoder.decode(),
    }
  }
  return {
    vocabularySize: pieces.length,
    encode,
    decode(tokens, options) {
      const decoder = streamDecoder(options?.skipSpecialTokens)
      return decoder.push(tokens) + decoder.flush()
    },
    streamDecoder: () => streamDecoder(),
    tokenToId: (name) => {
      const id = names.indexOf(name)
      return id < 0 ? undefined : id
    },
    idToToken: (id) => names[id],
    applyChatTemplate: () =>
      Effect.fail(
        new RequestError({
          code: "request.no-chat-template",
          path: "prompt",
          message: "This tokenizer has no chat template.",
          advice: "Give the prompt as text.",
        }),
      ),
  }
}

const letters = "abcdefghijklmnopqrstuvwxyz .,\n"

/** One character per token: letters, space, full stop, comma, line break, and from there on CJK characters. */
export const characters = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => letters[i] ?? String.fromCodePoint(0x4e00 + i))
