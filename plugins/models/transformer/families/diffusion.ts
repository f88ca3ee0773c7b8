import type { Architecture } from "@parade/layers"
import type { ConfigReader } from "../_config-reader.ts"
import { rotaryOf } from "../_rotary-config.ts"
import { activationOf } from "./_llama-like.ts"
import { qwen2, qwen3 } from "./llama.ts"

/** What other models of OLMo's code have switched on. */
const refusedFlags = [
  "alibi",
  "attention_layer_norm",
  "bias_for_layer_norm",
  "input_emb_norm",
  "scale_logits",
] as const

/** LLaDA: Llama's block in the spelling of OLMo, trained to fill in masks; a masked row predicts itself. */
export const llada = (config: ConfigReader): Architecture => {
  const expect = (key: string, value: string): void => {
    const found = config.string(key, value)
    if (found !== value)
      throw config.fail(key, `LLaDA with "${found}" is not supported.`, `Supported: ${value}.`)
  }
  expect("block_type", "llama")
  expect("layer_norm_type", "rms")
  for (const key of refusedFlags)
    if (config.boolean(key, false)) throw config.fail(key, `LLaDA with ${key} is not supported.`)
  if (!config.boolean("rope", true))
    throw config.fail("rope", "LLaDA without rotary embeddings is not supported.")

  const width = config.integer("d_model")
  const heads = config.integer("n_heads")
  if (width % heads !== 0)
    throw config.fail("n_heads", `A width of ${width} does not divide into ${heads} heads.`)
  const keyValueHeads = config.integer(
    "n_kv_heads",
    config.boolean("multi_query_attention", false) ? 1 : heads,
  )
  if (heads % keyValueHeads !== 0)
    throw config.fail(
      "n_kv_heads",
      `${heads} query heads cannot share ${keyValueHeads} key/value heads evenly.`,
    )
  const layers = config.integer("n_layers")
  if (layers > 1024) throw config.fail("n_layers", `${layers} layers are more than any model has.`)
  const headWidth = width / heads
  const rotary = rotaryOf(config, headWidth)
  const bias = config.boolean("include_bias", false)
  return {
    name: "llada",
    // The embedding may have more rows than there are tokens.
    vocabulary: config.integer("embedding_size", config.integer("vocab_size")),
    width,
    contextLength: config.integer("max_sequence_length", 1024),
    layers: Array.from({ length: layers }, () => ({ rotary })),
    maskedRowPredicts: "self",
    norm: { kind: "rms", epsilon: config.number("rms_norm_eps", 1e-5, 1), offset: 0 },
    attention: {
      heads,
      keyValueHeads,
      headWidth,
      scale: headWidth ** -0.5,
      queryKeyNorm: false,
      queryKeyValueBias: bias || config.boolean("include_qkv_bias", false),
      outputBias: bias,
    },
    feedForward: {
      width: config.integer("mlp_hidden_size", config.integer("mlp_ratio", 4) * width),
      activation: activationOf(config, "activation_type", "silu"),
      gated: true,
      bias,
    },
    postNorms: false,
    embedding: { scale: 1, learnedPositions: false },
    head: { tied: config.boolean("weight_tying", true) },
  }
}

/** Dream: Qwen 2.5 trained further to fill in masks; a masked row predicts the position behind it. */
export const dream = (config: ConfigReader): Architecture => ({
  ...qwen2(config),
  name: "Dream",
  maskedRowPredicts: "next",
})

/** What Qwen's vocabulary has as the mask, in models made of Qwen 2.5 and 3, whose configs need not say so. */
const qwenMask = (config: ConfigReader): number => {
  const mask = config.integer("mask_token_id", 151665, 0)
  if (mask >= config.integer("vocab_size"))
    throw config.fail(
      "mask_token_id",
      `The mask ${mask} is no token of a vocabulary of ${config.integer("vocab_size")}.`,
      "Name the token that stands for a masked position.",
    )
  return mask
}

/** Fast-dLLM v2: Qwen 2.5 trained further on blocks that are filled in; a masked row predicts the position behind it. */
export const fastDllm = (config: ConfigReader): Architecture => ({
  ...qwen2(config),
  name: "Fast_dLLM_Qwen",
  maskedRowPredicts: "next",
  blockLength: config.integer("bd_size", 32),
  maskToken: qwenMask(config),
})

/** WeDLM: Qwen 2.5 or 3 trained further to fill in masks under causal attention; a masked row predicts itself. */
export const wedlm = (config: ConfigReader): Architecture => {
  const base = config.boolean("qk_norm", false) ? qwen3(config) : qwen2(config)
  return {
    ...base,
    name: "wedlm",
    attention: { ...base.attention, queryKeyValueBias: config.boolean("attention_bias", true) },
    maskedRowPredicts: "self",
    blockLength: 1,
    maskToken: qwenMask(config),
  }
}
