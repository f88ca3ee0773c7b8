import type { ChatMessage, RequestError, Tokenizer } from "@parade/core"
import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { chatRenderer, type ChatOptions } from "./_chat-template.ts"
import { readGgufTokenizer } from "./_gguf-tokenizer.ts"
import { shortHash } from "./_hash.ts"
import { streamOf, textMaker } from "./_token-text.ts"
import { readTokenizerJson } from "./_tokenizer-json.ts"
import type { AddedToken, TokenizerParts } from "./_tokenizer-parts.ts"
import type { Checkpoint } from "./checkpoint.ts"

export type { ChatOptions }

/** A tokenizer with what only its files say. */
export interface CheckpointTokenizer extends Tokenizer {
  readonly applyChatTemplate: (
    messages: readonly ChatMessage[],
    options?: ChatOptions,
  ) => Effect.Effect<string, RequestError>
  readonly hasChatTemplate: boolean
  /** The ids that any text may be made of lie below; above there are added tokens alone, which a model may lack. */
  readonly textVocabularySize: number
  /** Tokens that end a text, by the generation config, the config and the tokenizer. */
  readonly endTokens: readonly number[]
  /** Equal fingerprints, equal vocabularies. */
  readonly fingerprint: string
}

/** What of a checkpoint tells its tokenizer. */
export type TokenizerSource = Pick<
  Checkpoint,
  "folder" | "path" | "format" | "metadata" | "config" | "generationConfig"
>

const readParts = ({ folder, path, format, metadata }: TokenizerSource): TokenizerParts => {
  if (folder !== undefined && existsSync(join(folder, "tokenizer.json"))) return readTokenizerJson(folder)
  if (format === "gguf") return readGgufTokenizer(path, metadata)
  throw new WeightsError({
    code: "weights.no-tokenizer",
    message: "The model has no tokenizer.json.",
    advice: "Put the model's tokenizer.json beside its weights.",
    path: folder ?? path,
  })
}

const endTokensOf = (checkpoint: TokenizerSource, endToken: number | undefined): readonly number[] => {
  const named = [checkpoint.generationConfig["eos_token_id"], checkpoint.config["eos_token_id"], endToken]
  for (const key of ["eos", "eot", "eom"])
    named.push(checkpoint.metadata.get(`tokenizer.ggml.${key}_token_id`))
  const ids = named.flat().filter((id): id is number => typeof id === "number" && Number.isInteger(id))
  return [...new Set(ids)].sort((a, b) => a - b)
}

const textVocabularySizeOf = (
  tokens: readonly (string | undefined)[],
  added: readonly AddedToken[],
): number => {
  const beside = new Set(added.map(({ id }) => id))
  return tokens.findLastIndex((token, id) => token !== undefined && !beside.has(id)) + 1
}

const buildTokenizer = async (checkpoint: TokenizerSource): Promise<CheckpointTokenizer> => {
  const parts = readParts(checkpoint)
  const make = textMaker(parts.json["decoder"] as Record<string, unknown> | null, parts.path)
  const { makePipeline } = await import("./_tokenizer-pipeline.ts")
  const pipeline = makePipeline(parts)
  const { encode, tokens } = pipeline
  const special = new Set(parts.added.filter((token) => token.special).map(({ id }) => id))
  const none: ReadonlySet<number> = new Set()
  const end = parts.specialTokens["eos_token"]
  const endToken =
    end === undefined
      ? undefined
      : (parts.added.find(({ content }) => content === end)?.id ?? pipeline.ids.get(end))
  let fingerprint: string | undefined
  return {
    vocabularySize: tokens.length,
    textVocabularySize: textVocabularySizeOf(tokens, parts.added),
    encode: (text, options = {}) => encode(text, options),
    decode: (given, options) => {
      const stream = streamOf(make, tokens, options?.skipSpecialTokens === false ? none : special)
      return stream.push(given) + stream.flush()
    },
    streamDecoder: () => streamOf(make, tokens, special),
    tokenToId: (token) => pipeline.ids.get(token),
    idToToken: (id) => tokens[id],
    applyChatTemplate: chatRenderer(parts.chatTemplate, parts.specialTokens),
    hasChatTemplate: parts.chatTemplate !== undefined,
    endTokens: endTokensOf(checkpoint, endToken),
    get fingerprint() {
      return (fingerprint ??= shortHash(Array.from(tokens, (token) => token ?? "").join("\0")))
    },
  }
}

/**
 * The tokenizer of a checkpoint: its `tokenizer.json`, else the metadata of its GGUF file. Encoding is that of the
 * tokenizers library, decoding joins bytes before it makes text. Fails with `weights.no-tokenizer`,
 * `weights.bad-tokenizer` or `weights.unsupported-tokenizer`.
 */
export const loadTokenizer = (
  checkpoint: TokenizerSource,
): Effect.Effect<CheckpointTokenizer, WeightsError> =>
  Effect.tryPromise({
    try: () => buildTokenizer(checkpoint),
    catch: (cause) =>
      cause instanceof WeightsError
        ? cause
        : new WeightsError({
            code: "weights.bad-tokenizer",
            message: `The tokenizer cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
            advice: "Download its files again.",
            path: checkpoint.folder ?? checkpoint.path,
            cause,
          }),
  })
