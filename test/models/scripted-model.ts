import type { Model } from "@parade/core"
import { contextModel } from "./context-model.ts"
import { type Piece, pieceTokenizer } from "./piece-tokenizer.ts"

/** A text to be said after a prompt. */
export interface ScriptedModelOptions {
  readonly prompt: string
  readonly text: string
  /** The tokens there are, beside the end of text; every character of prompt and text by default. */
  readonly pieces?: readonly Piece[]
  readonly contextLength?: number
}

/**
 * A model that says a given text after a given prompt and then ends; its last token is the end of text. A row that
 * does not see exactly the script so far says the first token for ever, so that a lost or foreign row shows.
 */
export const scriptedModel = (options: ScriptedModelOptions): Model => {
  const ordinary: readonly Piece[] = options.pieces ?? [...new Set(["?", ...options.prompt, ...options.text])]
  const end = ordinary.length
  const tokenizer = pieceTokenizer([...ordinary, { special: "<end>" }])
  const script = [...tokenizer.encode(options.prompt), ...tokenizer.encode(options.text), end]
  return contextModel({
    name: "scripted",
    vocabularySize: ordinary.length + 1,
    contextLength: options.contextLength,
    endTokens: [end],
    tokenizer,
    logits: ({ tokens }, out) => {
      const onScript = tokens.length < script.length && tokens.every((token, i) => token === script[i])
      out.fill(-8)
      out[onScript ? script[tokens.length]! : 0] = 8
    },
  })
}
