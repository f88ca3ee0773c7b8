import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { ggufCheckpoint } from "./_gguf-checkpoint.ts"
import { shortHash } from "./_hash.ts"
import { type JsonRecord, readJsonObject, readOptionalJson } from "./_json-file.ts"
import { locate } from "./_locate.ts"
import { attempt, openScoped } from "./_safe.ts"
import { baseOf, isAdapterFolder } from "./_adapter-config.ts"
import { withAdapters } from "./adapters.ts"
import { type GgufValue, readGguf } from "./gguf.ts"
import { type HubOptions, resolveSource } from "./hub.ts"
import { locateSource } from "./locate-source.ts"
import { readSafetensors } from "./safetensors.ts"
import { readSharded } from "./sharded.ts"
import type { WeightTensor } from "./tensor.ts"

/** A model on disk, whatever its format: one naming of tensors, one spelling of the config. */
export interface Checkpoint {
  readonly format: "safetensors" | "gguf"
  /** The file of weights, or the index of its shards. */
  readonly path: string
  /** The folder with the files beside the weights; absent for a GGUF file named by itself. */
  readonly folder: string | undefined
  /** `config.json`, or the same from the metadata of a GGUF file. Not validated. */
  readonly config: JsonRecord
  /** `generation_config.json`; empty where there is none. */
  readonly generationConfig: JsonRecord
  /** The metadata of a GGUF file; empty for others. */
  readonly metadata: ReadonlyMap<string, GgufValue>
  /**
   * By Hugging Face names, such as `model.layers.0.self_attn.q_proj.weight`, with the rows of query and key in
   * Hugging Face order. Tensors of a GGUF file without such a name keep their own.
   */
  readonly tensors: ReadonlyMap<string, WeightTensor>
  /** The tensor of a name, its shape checked where one is given. Throws `WeightsError`. */
  readonly tensor: (name: string, shape?: readonly number[]) => WeightTensor
  /** Equal identities promise equal weights and config, across processes. */
  readonly identity: string
}

const missingTensor = (path: string, name: string): WeightsError =>
  new WeightsError({
    code: "weights.missing-tensor",
    message: `The checkpoint has no tensor ${name}.`,
    advice: "Check that all its files are there and that the config belongs to these weights.",
    path,
  })

const wrongShape = (path: string, { name, shape }: WeightTensor, wanted: readonly number[]): WeightsError =>
  new WeightsError({
    code: "weights.shape-mismatch",
    message: `Tensor ${name} is [${shape.join(", ")}] where the config wants [${wanted.join(", ")}].`,
    advice: "Check that the config belongs to these weights.",
    path,
  })

/** Opens a checkpoint; the caller closes it. Throws `WeightsError`. */
const readCheckpoint = (source: string): Checkpoint & { readonly close: () => void } => {
  const { format, weights, folder } = locate(source)
  const beside = (name: string): string | undefined => (folder === undefined ? undefined : join(folder, name))
  const configPath = beside("config.json")
  const generationPath = beside("generation_config.json")
  const generationConfig = (generationPath && readOptionalJson(generationPath)) || {}
  const finish = (
    config: JsonRecord,
    metadata: ReadonlyMap<string, GgufValue>,
    file: { readonly identity: string; readonly close: () => void },
    tensors: ReadonlyMap<string, WeightTensor>,
  ): Checkpoint & { readonly close: () => void } => ({
    format: format === "gguf" ? "gguf" : "safetensors",
    path: weights,
    folder,
    config,
    generationConfig,
    metadata,
    tensors,
    tensor: (name, shape) => {
      const found = tensors.get(name)
      if (found === undefined) throw missingTensor(weights, name)
      if (shape !== undefined && `${shape}` !== `${found.shape}`) throw wrongShape(weights, found, shape)
      return found
    },
    identity: `${file.identity}|${shortHash(JSON.stringify(config))}`,
    close: file.close,
  })
  if (format === "gguf") {
    const gguf = readGguf(weights)
    try {
      const given =
        configPath !== undefined && existsSync(configPath) ? readJsonObject(configPath) : undefined
      const { config, tensors } = ggufCheckpoint(gguf, given)
      return finish(config, gguf.metadata, gguf, tensors)
    } catch (error) {
      gguf.close()
      throw error
    }
  }
  if (!existsSync(configPath!))
    throw new WeightsError({
      code: "weights.file-missing",
      message: "The weights have no config.json beside them.",
      advice: "A model is a folder with model.safetensors and config.json, or a .gguf file.",
      path: configPath,
    })
  const config = readJsonObject(configPath!)
  const file = format === "sharded" ? readSharded(weights) : readSafetensors(weights)
  return finish(config, new Map(), file, file.tensors)
}

const openModel = (source: string, options: HubOptions): Effect.Effect<Checkpoint, WeightsError, Scope> =>
  Effect.flatMap(resolveSource(source, options), (path) => openScoped(path, () => readCheckpoint(path)))

/**
 * Opens the model in a folder, in a file, or on a hub for as long as the scope lasts: `model.safetensors` (or its
 * shards) with `config.json`, a GGUF file, or `hf:owner/name[/file.gguf][@revision]`, which is downloaded first. A
 * folder of low-rank adapters (`adapter_config.json`) is the checkpoint it names with them merged in. Only headers are
 * read. Fails with `weights.*` codes named in the README.
 */
export const openCheckpoint = (
  source: string,
  options: HubOptions = {},
): Effect.Effect<Checkpoint, WeightsError, Scope> =>
  Effect.gen(function* () {
    if (!isAdapterFolder(source)) return yield* openModel(source, options)
    const base = yield* attempt(source, () => baseOf(source))
    return yield* withAdapters(yield* openModel(yield* locateSource(base, source), options), source)
  })
