import { WeightsError } from "@parade/core"
import { renamed, reordered, shifted, sliceOf } from "./_derived-tensor.ts"
import { ggufConfig } from "./_gguf-config.ts"
import { type GgufArchitecture, ggufArchitectures, huggingFaceName } from "./_gguf-names.ts"
import { metadataReader } from "./_gguf-reader.ts"
import type { JsonRecord } from "./_json-file.ts"
import type { Gguf } from "./gguf.ts"
import type { WeightTensor } from "./tensor.ts"

const architectureOf = (gguf: Gguf): GgufArchitecture => {
  const read = metadataReader(gguf)
  const mixtral = read.architecture === "llama" && (read.optionalNumber("expert_count") ?? 0) > 0
  const found = ggufArchitectures.get(mixtral ? "mixtral" : read.architecture)
  if (found !== undefined) return found
  throw new WeightsError({
    code: "weights.unsupported-architecture",
    message: `GGUF files of the architecture ${JSON.stringify(read.architecture)} cannot be read.`,
    advice: `Supported are ${[...ggufArchitectures.keys()].join(", ")}; or use the safetensors form of the model.`,
    path: gguf.path,
  })
}

/**
 * Where each Hugging Face row is in the file. Files keep the two numbers that rotate together side by side; Hugging
 * Face keeps them half a head apart.
 */
const rotaryOrder = (rows: number, heads: number): Int32Array => {
  const width = rows / heads
  const half = width / 2
  const order = new Int32Array(rows)
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < half; i++)
      for (let part = 0; part < 2; part++) order[head * width + part * half + i] = head * width + 2 * i + part
  return order
}

const mismatch = (gguf: Gguf, tensor: WeightTensor, what: string): WeightsError =>
  new WeightsError({
    code: "weights.shape-mismatch",
    message: `Tensor ${tensor.name} has ${what}.`,
    advice: "The metadata does not belong to these weights: use another file.",
    path: gguf.path,
  })

/** More experts than any model has; a table could claim any number of empty ones. */
const mostExperts = 4096

/** The experts of a layer, stacked in one tensor `[experts, rows, columns]`. */
const unstack = (gguf: Gguf, tensor: WeightTensor, name: string): readonly WeightTensor[] => {
  const [experts] = tensor.shape
  if (experts === undefined || tensor.shape.length !== 3 || experts > mostExperts)
    throw mismatch(gguf, tensor, `the shape [${tensor.shape.join(", ")}], which is not a stack of experts`)
  return Array.from({ length: experts }, (_, expert) =>
    sliceOf(tensor, expert, name.replace("#", `${expert}`)),
  )
}

const headsOf = (gguf: Gguf): Readonly<Record<string, number>> => {
  const read = metadataReader(gguf)
  const heads = read.integer("attention.head_count")
  return { q_proj: heads, k_proj: read.optionalNumber("attention.head_count_kv") ?? heads }
}

const unpermuted = (gguf: Gguf, tensor: WeightTensor, name: string): WeightTensor => {
  const projection = /self_attn\.([qk]_proj)\./.exec(name)?.[1]
  if (projection === undefined) return renamed(tensor, name)
  const heads = headsOf(gguf)[projection]!
  const rows = tensor.shape[0] ?? 0
  if (rows % (2 * heads) !== 0 || (tensor.shape.length === 1 && tensor.quantisation !== undefined))
    throw mismatch(gguf, tensor, `${rows} rows, which ${heads} heads cannot share evenly`)
  return reordered(tensor, rotaryOrder(rows, heads), name)
}

/** The tensors and config of a GGUF file as the Hugging Face checkpoint of the same model has them. */
export const ggufCheckpoint = (
  gguf: Gguf,
  givenConfig: JsonRecord | undefined,
): { readonly config: JsonRecord; readonly tensors: ReadonlyMap<string, WeightTensor> } => {
  const architecture = architectureOf(gguf)
  const tensors = new Map<string, WeightTensor>()
  for (const [ggufName, tensor] of gguf.tensors) {
    const name = huggingFaceName(architecture, ggufName)
    if (name === undefined) tensors.set(ggufName, tensor)
    else if (name.includes("#"))
      for (const expert of unstack(gguf, tensor, name)) tensors.set(expert.name, expert)
    else if (architecture.normOffset !== undefined && name.endsWith("norm.weight"))
      tensors.set(name, shifted(tensor, -architecture.normOffset, name))
    else if (architecture.interleavedRotary === true) tensors.set(name, unpermuted(gguf, tensor, name))
    else tensors.set(name, renamed(tensor, name))
  }
  return { config: givenConfig ?? ggufConfig(gguf, architecture), tensors }
}
