import { WeightsError } from "@parade/core"
import type { JsonRecord } from "./_json-file.ts"
import { bytesOnly, gpt2PreTokenizer, isolate } from "./_pre-tokenizers.ts"
import type { AddedToken, TokenizerParts } from "./_tokenizer-parts.ts"
import type { GgufValue } from "./gguf.ts"

const advice = "Put the model's tokenizer.json beside the file and name the folder."

const unsupported = (path: string, message: string): WeightsError =>
  new WeightsError({ code: "weights.unsupported-tokenizer", message, advice, path })

const bad = (path: string, message: string): WeightsError =>
  new WeightsError({ code: "weights.bad-metadata", message, advice, path })

/** Splits words as GPT-4 and its kin do; a run of digits has at most `digits`. */
const modernPattern = (digits: string): string =>
  String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}` +
  digits +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const sequence = (...pretokenizers: readonly JsonRecord[]): JsonRecord => ({
  type: "Sequence",
  pretokenizers,
})

const digitsApart = sequence(isolate(String.raw`\p{N}`), gpt2PreTokenizer)
const llama3 = sequence(isolate(modernPattern("{1,3}")), bytesOnly)
const qwen2 = sequence(isolate(modernPattern("")), bytesOnly)

/** How `tokenizer.ggml.pre` splits a text into words. */
const preTokenizers: ReadonlyMap<string, { readonly json: JsonRecord; readonly ignoreMerges: boolean }> =
  new Map([
    ["default", { json: gpt2PreTokenizer, ignoreMerges: false }],
    ["gpt-2", { json: gpt2PreTokenizer, ignoreMerges: false }],
    ["smollm", { json: digitsApart, ignoreMerges: false }],
    ["starcoder", { json: digitsApart, ignoreMerges: false }],
    ["llama-bpe", { json: llama3, ignoreMerges: true }],
    ["qwen2", { json: qwen2, ignoreMerges: false }],
  ])

const controlToken = 3
const userToken = 4

/** Reads the tokenizer in the metadata of a GGUF file: byte-level BPE ("gpt2"). Throws `WeightsError`. */
export const readGgufTokenizer = (path: string, metadata: ReadonlyMap<string, GgufValue>): TokenizerParts => {
  const get = (key: string): GgufValue | undefined => metadata.get(`tokenizer.ggml.${key}`)
  const list = (key: string): readonly GgufValue[] => {
    const value = get(key)
    if (typeof value !== "object") throw bad(path, `The metadata lacks the list tokenizer.ggml.${key}.`)
    return value.values()
  }
  const texts = (key: string): readonly string[] => {
    const values = list(key)
    if (!values.every((value) => typeof value === "string"))
      throw bad(path, `tokenizer.ggml.${key} is not a list of texts.`)
    return values as readonly string[]
  }
  const model = get("model")
  if (model === undefined)
    throw new WeightsError({
      code: "weights.no-tokenizer",
      message: "The file has no tokenizer.",
      advice,
      path,
    })
  if (model !== "gpt2")
    throw unsupported(path, `Tokenizers of the kind ${JSON.stringify(model)} are not supported.`)
  const pre = get("pre") ?? "default"
  const preTokenizer = typeof pre === "string" ? preTokenizers.get(pre) : undefined
  if (preTokenizer === undefined)
    throw unsupported(path, `The pre-tokenizer ${JSON.stringify(String(pre))} is not supported.`)

  const tokens = texts("tokens")
  const merges = texts("merges")
  const types = list("token_type")
  const added: AddedToken[] = []
  tokens.forEach((content, id) => {
    if (types[id] === controlToken || types[id] === userToken)
      added.push({ id, content, special: types[id] === controlToken })
  })
  const tokenOf = (key: string): string | undefined => {
    const id = get(key)
    return typeof id === "number" ? tokens[id] : undefined
  }
  const specialTokens: Record<string, string> = {}
  for (const [name, key] of [
    ["bos_token", "bos_token_id"],
    ["eos_token", "eos_token_id"],
    ["unk_token", "unknown_token_id"],
    ["pad_token", "padding_token_id"],
  ] as const) {
    const token = tokenOf(key)
    if (token !== undefined) specialTokens[name] = token
  }
  const around = (flag: string, key: string): readonly JsonRecord[] => {
    const token = get(flag) === true ? tokenOf(key) : undefined
    return token === undefined ? [] : [{ SpecialToken: { id: token, type_id: 0 } }]
  }
  const single = [
    ...around("add_bos_token", "bos_token_id"),
    { Sequence: { id: "A", type_id: 0 } },
    ...around("add_eos_token", "eos_token_id"),
  ]
  const template = metadata.get("tokenizer.chat_template")
  return {
    path,
    json: {
      normalizer: null,
      pre_tokenizer: preTokenizer.json,
      post_processor: single.length === 1 ? null : { type: "TemplateProcessing", single, pair: single },
      decoder: { type: "ByteLevel" },
      added_tokens: added.map((token) => ({ ...token, normalized: false })),
      model: { type: "BPE", vocab: {}, merges: [] },
    },
    added,
    pairs: {
      tokens,
      merges: () => merges,
      unknown: undefined,
      fuseUnknown: false,
      byteFallback: false,
      ignoreMerges: preTokenizer.ignoreMerges,
    },
    chatTemplate: typeof template === "string" ? template : undefined,
    specialTokens,
  }
}
