import type { Architecture, LayerArchitecture } from "@parade/layers"
import type { ConfigReader } from "../_config-reader.ts"
import { rotaryOf } from "../_rotary-config.ts"
import { activationOf, headsOf, layerOf, layersOf, llamaLike, windowOf } from "./_llama-like.ts"

const HEAD_WIDTH = 256

/** What all Gemmas share: norms of one plus the weight, scaled embeddings, tied head, tanh GELU. */
const gemmaLike = (
  config: ConfigReader,
  name: string,
  layers: readonly LayerArchitecture[],
): Architecture => {
  const base = llamaLike(config, name, layers, { tied: true, headWidth: HEAD_WIDTH })
  return {
    ...base,
    norm: { ...base.norm, offset: 1 },
    feedForward: {
      ...base.feedForward,
      // The first Gemma configs say "gelu" in `hidden_act` and mean the tanh form.
      activation: config.has("hidden_activation")
        ? activationOf(config, "hidden_activation", "gelu_pytorch_tanh")
        : "gelu_tanh",
    },
    embedding: { ...base.embedding, scale: Math.fround(Math.sqrt(base.width)) },
  }
}

const softcap = (config: ConfigReader, key: string): { readonly softcap?: number } =>
  config.has(key) ? { softcap: config.number(key) } : {}

const causalOnly = (config: ConfigReader): void => {
  if (config.has("use_bidirectional_attention") && config.boolean("use_bidirectional_attention", false))
    throw config.fail("use_bidirectional_attention", "Encoders made of this model are not supported.")
}

/** The first Gemma. */
export const gemma = (config: ConfigReader): Architecture => {
  const rotary = rotaryOf(config, headsOf(config, HEAD_WIDTH).headWidth)
  return gemmaLike(
    config,
    "gemma",
    layersOf(config, () => ({ rotary })),
  )
}

/** Gemma 2: four norms a layer, soft caps, every other layer slides. */
export const gemma2 = (config: ConfigReader): Architecture => {
  causalOnly(config)
  const rotary = rotaryOf(config, headsOf(config, HEAD_WIDTH).headWidth)
  const slides = windowOf(config, config.integer("sliding_window", 4096), (layer) => layer % 2 === 0)
  const base = gemmaLike(
    config,
    "gemma2",
    layersOf(config, (layer) => layerOf(rotary, slides(layer))),
  )
  return {
    ...base,
    attention: {
      ...base.attention,
      scale: config.number("query_pre_attn_scalar", 256) ** -0.5,
      ...softcap(config, "attn_logit_softcapping"),
    },
    postNorms: true,
    head: { ...base.head, ...softcap(config, "final_logit_softcapping") },
  }
}

/** Gemma 3, text only: Gemma 2 with norms on query and key, and a rotary base per layer type. */
export const gemma3 = (config: ConfigReader): Architecture => {
  causalOnly(config)
  const { headWidth } = headsOf(config, HEAD_WIDTH)
  const full = rotaryOf(config, headWidth, { layerType: "full_attention", fallbackBase: 1e6 })
  const sliding = rotaryOf(config, headWidth, {
    layerType: "sliding_attention",
    baseKey: "rope_local_base_freq",
    scaled: false,
  })
  const every = config.integer(
    config.has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern",
    6,
  )
  const slides = windowOf(
    config,
    config.integer("sliding_window", 4096),
    (layer) => (layer + 1) % every !== 0,
  )
  const base = gemmaLike(
    config,
    "gemma3_text",
    layersOf(config, (layer) => {
      const window = slides(layer)
      return layerOf(window === undefined ? full : sliding, window)
    }),
  )
  return {
    ...base,
    attention: {
      ...base.attention,
      scale: config.number("query_pre_attn_scalar", 256) ** -0.5,
      queryKeyNorm: true,
      ...softcap(config, "attn_logit_softcapping"),
    },
    postNorms: true,
    head: { ...base.head, ...softcap(config, "final_logit_softcapping") },
  }
}
