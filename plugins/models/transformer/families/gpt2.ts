import type { Architecture } from "@parade/layers"
import type { ConfigReader } from "../_config-reader.ts"
import { activationOf } from "./_llama-like.ts"

/** GPT-2: learned positions, layer norms with biases, a feed-forward without gate. */
export const gpt2 = (config: ConfigReader): Architecture => {
  if (config.boolean("scale_attn_by_inverse_layer_idx", false))
    throw config.fail("scale_attn_by_inverse_layer_idx", "This variant of GPT-2 is not supported.")
  if (config.boolean("add_cross_attention", false))
    throw config.fail("add_cross_attention", "Decoders with cross-attention are not supported.")
  const width = config.integer("n_embd")
  const heads = config.integer("n_head")
  if (width % heads !== 0)
    throw config.fail("n_head", `A width of ${width} does not divide into ${heads} heads.`)
  const layers = config.integer("n_layer")
  if (layers > 1024) throw config.fail("n_layer", `${layers} layers are more than any model has.`)
  return {
    name: "gpt2",
    vocabulary: config.integer("vocab_size"),
    width,
    contextLength: config.integer("n_positions", 1024),
    layers: Array.from({ length: layers }, () => ({})),
    norm: { kind: "layer", epsilon: config.number("layer_norm_epsilon", 1e-5, 1), offset: 0 },
    attention: {
      heads,
      keyValueHeads: heads,
      headWidth: width / heads,
      scale: config.boolean("scale_attn_weights", true) ? (width / heads) ** -0.5 : 1,
      queryKeyNorm: false,
      queryKeyValueBias: true,
      outputBias: true,
    },
    feedForward: {
      width: config.integer("n_inner", 4 * width),
      activation: activationOf(config, "activation_function", "gelu_new"),
      gated: false,
      bias: true,
    },
    postNorms: false,
    embedding: { scale: 1, learnedPositions: true },
    head: { tied: config.boolean("tie_word_embeddings", true) },
  }
}
