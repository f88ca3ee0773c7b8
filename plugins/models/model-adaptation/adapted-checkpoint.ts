import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ModelError, type ParadeError } from "@parade/core"
import type { Matrix, Vector } from "@parade/graph"
import { makeFolder, writeWhole } from "@parade/training"
import { namedTensors, type Tensors, tensorsOf } from "@parade/transformer"
import { type CheckpointTokenizer, loadTokenizer, openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** The token that is added to the vocabulary. */
export const maskToken = "<|mask|>"

/** An autoregressive checkpoint with a mask in its vocabulary. */
export interface AdaptedCheckpoint {
  /** Where it was read from. */
  readonly folder: string
  /** Equal for equal weights. */
  readonly identity: string
  readonly tokenizer: CheckpointTokenizer
  /** `config.json` as it was, but for the size of the vocabulary and the mask. */
  readonly config: Readonly<Record<string, unknown>>
  /** The mask's id: the last one. */
  readonly mask: number
  /** The weights, with a row for the mask. */
  readonly tensors: Tensors
}

/** With the mean of its rows as another one. */
const withMeanRow = (matrix: Matrix): Matrix => {
  const { rows, columns, identity } = matrix
  return {
    kind: "dense",
    rows: rows + 1,
    columns,
    identity,
    values: () => {
      if (matrix.kind !== "dense") throw new TypeError(`${identity} is not held as floats.`)
      const values = matrix.values()
      const all = new Float32Array((rows + 1) * columns)
      all.set(values)
      for (let i = 0; i < values.length; i++) all[rows * columns + (i % columns)]! += values[i]! / rows
      return all
    },
  }
}

const vocabularyRows = new Set(["model.embed_tokens.weight", "lm_head.weight"])

/** Weights of a family that has biases on query, key and value, where the checkpoint has none. */
const isBias = (name: string): boolean => /\.(q|k|v)_proj\.bias$/.test(name)

const adapted = (tensors: Tensors): Tensors => {
  const zeros = (name: string): Vector => {
    const [length] = tensors.shape(name.replace(/bias$/, "weight"))!
    return { length: length!, identity: name, values: () => new Float32Array(length!) }
  }
  return {
    ...tensors,
    shape: (name) => {
      const shape = tensors.shape(name)
      if (shape === undefined) return isBias(name) ? [zeros(name).length] : undefined
      return vocabularyRows.has(name) ? [shape[0]! + 1, shape[1]!] : shape
    },
    matrix: (name, lookedUp) => {
      const matrix = tensors.matrix(name, lookedUp)
      return vocabularyRows.has(name) ? withMeanRow(matrix) : matrix
    },
    vector: (name) => (tensors.shape(name) === undefined ? zeros(name) : tensors.vector(name)),
  }
}

interface TokenizerJson {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[]
}

const readJson = <T>(path: string): Effect.Effect<T, ModelError> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(path, "utf8")) as T,
    catch: (cause) =>
      new ModelError({
        code: "model.unreadable-file",
        message: "The checkpoint has no such file, or it is no JSON.",
        advice: "Adapt a checkpoint of safetensors with a tokenizer.json.",
        path,
        cause,
      }),
  })

/** Writes the checkpoint's tokenizer with the mask behind its tokens into a folder. */
const writeTokenizer = (
  source: string,
  mask: number,
  folder: string,
): Effect.Effect<CheckpointTokenizer, ParadeError> =>
  Effect.gen(function* () {
    const file = yield* readJson<TokenizerJson>(join(source, "tokenizer.json"))
    const config = yield* readJson<object>(join(source, "tokenizer_config.json"))
    const token = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
    const withMask = {
      ...file,
      added_tokens: [...file.added_tokens, { id: mask, content: maskToken, ...token }],
    }
    yield* makeFolder(folder)
    yield* writeWhole(join(folder, "tokenizer.json"), `${JSON.stringify(withMask)}\n`)
    yield* writeWhole(
      join(folder, "tokenizer_config.json"),
      `${JSON.stringify({ ...config, mask_token: maskToken }, null, 2)}\n`,
    )
    const nothing = { config: {}, generationConfig: {}, metadata: new Map() }
    return yield* loadTokenizer({ folder, path: folder, format: "safetensors", ...nothing })
  })

/**
 * Opens an autoregressive checkpoint of Llama's names and gives its vocabulary a mask, whose row is the mean of all
 * others; the tokenizer with the mask is written to `folder`. Fails with `model.no-folder`, `model.unreadable-file`,
 * or as opening the checkpoint does.
 */
export const adaptedCheckpoint = (
  source: string,
  folder: string,
): Effect.Effect<AdaptedCheckpoint, ParadeError, Scope> =>
  Effect.gen(function* () {
    const checkpoint = yield* openCheckpoint(source)
    if (checkpoint.format !== "safetensors" || checkpoint.folder === undefined)
      return yield* Effect.fail(
        new ModelError({
          code: "model.no-folder",
          message: "Only a folder with safetensors can be adapted.",
          advice: "Name the checkpoint as its makers publish it, not as one GGUF file.",
          path: source,
        }),
      )
    const tensors = namedTensors(tensorsOf(checkpoint, "fp32"))
    const mask = checkpoint.config["vocab_size"] as number
    return {
      folder: checkpoint.folder,
      identity: checkpoint.identity,
      tokenizer: yield* writeTokenizer(checkpoint.folder, mask, folder),
      config: { ...checkpoint.config, vocab_size: mask + 1, mask_token_id: mask },
      mask,
      tensors: adapted(tensors),
    }
  })
