import { WeightsError } from "@parade/core"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { BytePairs } from "./_bpe-model.ts"
import { type JsonRecord, parseJsonObject, readOptionalJson, readText } from "./_json-file.ts"
import { portable } from "./_pre-tokenizers.ts"
import { keepVocabulary, type KeptTokenizer, readKeptVocabulary } from "./_kept-vocabulary.ts"
import { scanVocabulary } from "./_scan-vocabulary.ts"
import type { AddedToken, TokenizerParts } from "./_tokenizer-parts.ts"

const bad = (path: string, what: string): WeightsError =>
  new WeightsError({
    code: "weights.bad-tokenizer",
    message: `The tokenizer ${what}.`,
    advice: "Download it again.",
    path,
  })

/** More ids than any vocabulary has; one id alone could claim any number of holes. */
const mostTokens = 1 << 22

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isId = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < mostTokens

const readAdded = (path: string, value: unknown): readonly AddedToken[] => {
  if (!Array.isArray(value)) return []
  return value.map((token: unknown) => {
    if (!isRecord(token) || !isId(token["id"]) || typeof token["content"] !== "string")
      throw bad(path, "has an added token without id or content")
    return { id: token["id"], content: token["content"], special: token["special"] === true }
  })
}

/** The merges as `left right`, or `undefined` where a token holds a space, which that form cannot tell apart. */
const readMerges = (path: string, value: unknown): readonly string[] | undefined => {
  if (!Array.isArray(value)) throw bad(path, "has no merges")
  if (value.length === 0 || typeof value[0] === "string") return value as readonly string[]
  const merges = new Array<string>(value.length)
  for (let rank = 0; rank < merges.length; rank++) {
    const pair = value[rank] as readonly string[]
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      typeof pair[0] !== "string" ||
      typeof pair[1] !== "string"
    )
      throw bad(path, `has the merge ${JSON.stringify(pair)}`)
    if (pair[0].includes(" ") || pair[1].includes(" ")) return undefined
    merges[rank] = `${pair[0]} ${pair[1]}`
  }
  return merges
}

const readVocabulary = (path: string, vocabulary: unknown): readonly (string | undefined)[] => {
  if (!isRecord(vocabulary)) throw bad(path, "has no vocabulary")
  const tokens: (string | undefined)[] = []
  for (const token in vocabulary) {
    const id = vocabulary[token]
    if (!isId(id)) throw bad(path, `gives the token ${JSON.stringify(token)} the id ${String(id)}`)
    tokens[id] = token
  }
  return tokens
}

const isPairModel = (model: JsonRecord): boolean => {
  const affixed = ["continuing_subword_prefix", "end_of_word_suffix"].some(
    (key) => typeof model[key] === "string" && model[key] !== "",
  )
  return !affixed && (model["type"] === "BPE" || (model["type"] === undefined && "merges" in model))
}

interface Scanned extends Pick<KeptTokenizer, "merges"> {
  readonly tokens: readonly (string | undefined)[]
}

const readPairs = (
  path: string,
  model: JsonRecord,
  added: readonly AddedToken[],
  scanned: Scanned | undefined,
): BytePairs | undefined => {
  if (!isPairModel(model)) return undefined
  const read = scanned === undefined ? readMerges(path, model["merges"]) : []
  if (read === undefined) return undefined
  const tokens = [...(scanned?.tokens ?? readVocabulary(path, model["vocab"]))]
  for (const { id, content } of added) tokens[id] = content
  return {
    tokens,
    merges: scanned?.merges ?? (() => read),
    unknown: typeof model["unk_token"] === "string" ? model["unk_token"] : undefined,
    fuseUnknown: model["fuse_unk"] === true,
    byteFallback: model["byte_fallback"] === true,
    ignoreMerges: model["ignore_merges"] === true,
  }
}

/** The file with its vocabulary apart where that can be, as it is where not. */
const readFile = (path: string): { readonly json: JsonRecord; readonly scanned: Scanned | undefined } => {
  const kept = readKeptVocabulary(path)
  if (kept !== undefined) return { json: parseJsonObject(path, kept.rest), scanned: kept }
  const text = readText(path)
  const scanned = scanVocabulary(text, mostTokens)
  if (scanned === undefined) return { json: parseJsonObject(path, text), scanned }
  const json = parseJsonObject(path, scanned.rest)
  // The vocabulary taken out was that of the model, and the model is one whose vocabulary is needed apart.
  const { model } = json
  const vocabulary = isRecord(model) && isPairModel(model) ? model["vocab"] : undefined
  if (!isRecord(vocabulary) || Object.keys(vocabulary).length > 0)
    return { json: parseJsonObject(path, text), scanned: undefined }
  keepVocabulary(path, scanned)
  return { json, scanned: { tokens: scanned.tokens, merges: () => scanned.merges } }
}

/** A special token in a config: its text, or an object that holds it. */
const textOf = (value: unknown): string | undefined =>
  typeof value === "string"
    ? value
    : isRecord(value) && typeof value["content"] === "string"
      ? value["content"]
      : undefined

const readTemplate = (folder: string, config: JsonRecord): string | undefined => {
  const file = join(folder, "chat_template.jinja")
  if (existsSync(file)) return readText(file)
  const template = config["chat_template"]
  if (typeof template === "string") return template
  if (!Array.isArray(template)) return undefined
  const named = template.filter(isRecord)
  const chosen = named.find(({ name }) => name === "default") ?? named[0]
  return typeof chosen?.["template"] === "string" ? chosen["template"] : undefined
}

/** Reads `tokenizer.json` and what lies beside it. Throws `WeightsError`. */
export const readTokenizerJson = (folder: string): TokenizerParts => {
  const path = join(folder, "tokenizer.json")
  const { json, scanned } = readFile(path)
  const config = readOptionalJson(join(folder, "tokenizer_config.json")) ?? {}
  const { model, pre_tokenizer: preTokenizer } = json
  if (!isRecord(model)) throw bad(path, "has no model")
  const added = readAdded(path, json["added_tokens"])
  const pairs = readPairs(path, model, added, scanned)
  const specialTokens: Record<string, string> = {}
  for (const key of [
    "bos_token",
    "eos_token",
    "pad_token",
    "unk_token",
    "sep_token",
    "cls_token",
    "mask_token",
  ]) {
    const text = textOf(config[key])
    if (text !== undefined) specialTokens[key] = text
  }
  return {
    path,
    json: {
      normalizer: null,
      post_processor: null,
      decoder: null,
      ...json,
      added_tokens: json["added_tokens"] ?? [],
      pre_tokenizer: isRecord(preTokenizer) ? portable(preTokenizer) : null,
      ...(pairs === undefined ? {} : { model: { type: "BPE", vocab: {}, merges: [] } }),
    },
    added,
    pairs,
    chatTemplate: readTemplate(folder, config),
    specialTokens,
  }
}
