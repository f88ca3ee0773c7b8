import { WeightsError } from "@parade/core"
import type { GgufArchitecture } from "./_gguf-names.ts"
import { metadataReader, type MetadataReader } from "./_gguf-reader.ts"
import type { JsonRecord } from "./_json-file.ts"
import type { Gguf } from "./gguf.ts"

const unsupportedScaling = (path: string, what: string): WeightsError =>
  new WeightsError({
    code: "weights.unsupported-rope-scaling",
    message: `The rotary scaling ${what} cannot be read from GGUF metadata.`,
    advice: "Put the model's config.json beside the file.",
    path,
  })

/** The frequency factors that Llama 3 spreads over a head, as its config describes them. */
const llama3Factors = (base: number, half: number, factor: number, context: number): Float32Array =>
  Float32Array.from({ length: half }, (_, i) => {
    const wavelength = 2 * Math.PI * base ** (i / half)
    if (wavelength < context / 4) return 1
    if (wavelength > context) return factor
    const smooth = (context / wavelength - 1) / 3
    return 1 / ((1 - smooth) / factor + smooth)
  })

/** Llama 3 files carry the factors themselves; the config they came from is found again by trying. */
const fromFrequencies = (gguf: Gguf, base: number): JsonRecord | undefined => {
  const frequencies = gguf.tensors.get("rope_freqs.weight")
  if (frequencies === undefined) return undefined
  const values = frequencies.values()
  const factor = values.at(-1) ?? 1
  const context = 8192
  const expected = llama3Factors(base, values.length, factor, context)
  if (!values.every((value, i) => Math.abs(value - expected[i]!) <= 1e-3 * expected[i]!))
    throw unsupportedScaling(gguf.path, "in rope_freqs.weight")
  return {
    rope_type: "llama3",
    factor,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: context,
  }
}

const ropeScaling = (gguf: Gguf, read: MetadataReader, base: number): JsonRecord | null => {
  if (gguf.tensors.has("rope_factors_long.weight")) throw unsupportedScaling(gguf.path, '"longrope"')
  const type = read.optionalString("rope.scaling.type") ?? "none"
  const factor = read.optionalNumber("rope.scaling.factor")
  if (type === "none" || factor === undefined) return fromFrequencies(gguf, base) ?? null
  if (type === "linear") return { rope_type: "linear", factor }
  const original = read.optionalNumber("rope.scaling.original_context_length")
  if (type !== "yarn" || original === undefined) throw unsupportedScaling(gguf.path, `"${type}"`)
  return { rope_type: "yarn", factor, original_max_position_embeddings: original }
}

const experts = (read: MetadataReader): JsonRecord => {
  if (read.optionalNumber("expert_count") === undefined) return {}
  const count = read.integer("expert_count")
  const width = read.optionalNumber("expert_feed_forward_length")
  return {
    num_local_experts: count,
    num_experts: count,
    num_experts_per_tok: read.integer("expert_used_count"),
    norm_topk_prob: true,
    ...(width === undefined ? {} : { moe_intermediate_size: width }),
  }
}

const gemma = (modelType: string, read: MetadataReader, headWidth: number): JsonRecord => {
  if (!modelType.startsWith("gemma")) return { hidden_act: "silu" }
  const layers = read.integer("block_count")
  // The largest Gemmas scale queries by the width of the model over its heads; files do not say so.
  const large = (modelType === "gemma2" && layers === 46) || (modelType === "gemma3_text" && layers === 62)
  return {
    hidden_activation: "gelu_pytorch_tanh",
    query_pre_attn_scalar: large
      ? read.integer("embedding_length") / read.integer("attention.head_count")
      : headWidth,
    attn_logit_softcapping: read.optionalNumber("attn_logit_softcapping") ?? null,
    final_logit_softcapping: read.optionalNumber("final_logit_softcapping") ?? null,
  }
}

const tokenIds = ({ metadata }: Gguf): JsonRecord => {
  const ids: Record<string, unknown> = {}
  for (const [ours, theirs] of [
    ["bos_token_id", "bos_token_id"],
    ["eos_token_id", "eos_token_id"],
    ["pad_token_id", "padding_token_id"],
  ]) {
    const id = metadata.get(`tokenizer.ggml.${theirs}`)
    if (typeof id === "number") ids[ours!] = id
  }
  return ids
}

/** The config a Hugging Face folder of the same model would have, from the metadata. Throws `WeightsError`. */
export const ggufConfig = (gguf: Gguf, architecture: GgufArchitecture): JsonRecord => {
  const read = metadataReader(gguf)
  const { modelType } = architecture
  const width = read.integer("embedding_length")
  const heads = read.integer("attention.head_count")
  const headWidth = read.optionalNumber("attention.key_length") ?? width / heads
  const rotaryWidth = read.optionalNumber("rope.dimension_count") ?? headWidth
  const base = read.optionalNumber("rope.freq_base") ?? 10000
  return {
    model_type: modelType,
    hidden_size: width,
    intermediate_size: read.integer("feed_forward_length"),
    num_hidden_layers: read.integer("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: read.optionalNumber("attention.head_count_kv") ?? heads,
    head_dim: headWidth,
    rms_norm_eps: read.optionalNumber("attention.layer_norm_rms_epsilon") ?? 1e-6,
    rope_theta: base,
    rope_scaling: ropeScaling(gguf, read, base),
    ...(rotaryWidth === headWidth ? {} : { partial_rotary_factor: rotaryWidth / headWidth }),
    max_position_embeddings: read.integer("context_length"),
    vocab_size: gguf.tensors.get("token_embd.weight")?.shape[0] ?? read.integer("vocab_size"),
    tie_word_embeddings: !gguf.tensors.has("output.weight"),
    attention_bias: gguf.tensors.has("blk.0.attn_q.bias"),
    sliding_window: read.optionalNumber("attention.sliding_window") ?? null,
    ...gemma(modelType, read, headWidth),
    ...experts(read),
    ...tokenIds(gguf),
  }
}
