import type { Architecture } from "@parade/layers"
import type { ConfigReader } from "../_config-reader.ts"
import { rotaryOf } from "../_rotary-config.ts"
import { headsOf, layerOf, layersOf, llamaLike, windowOf } from "./_llama-like.ts"

/** Llama 1 to 3, SmolLM, TinyLlama and the many checkpoints that call themselves `llama`. */
export const llama = (config: ConfigReader): Architecture => {
  const rotary = rotaryOf(config, headsOf(config).headWidth)
  return llamaLike(
    config,
    "llama",
    layersOf(config, () => ({ rotary })),
  )
}

/** Mistral: Llama with a sliding window in every layer. */
export const mistral = (config: ConfigReader): Architecture => {
  const rotary = rotaryOf(config, headsOf(config).headWidth)
  const window = config.has("sliding_window") ? config.integer("sliding_window") : undefined
  const slides = windowOf(config, window, () => true)
  return llamaLike(
    config,
    "mistral",
    layersOf(config, (layer) => layerOf(rotary, slides(layer))),
  )
}

/** Phi-3: Llama with packed projections; the packing is a matter of tensor names. */
export const phi3 = (config: ConfigReader): Architecture => {
  const rotary = rotaryOf(config, headsOf(config).headWidth)
  const window = config.has("sliding_window") ? config.integer("sliding_window") : undefined
  const slides = windowOf(config, window, () => true)
  return llamaLike(
    config,
    "phi3",
    layersOf(config, (layer) => layerOf(rotary, slides(layer))),
    {
      epsilon: 1e-5,
    },
  )
}

const qwen = (config: ConfigReader, name: string, headWidth: number | undefined): Architecture => {
  const rotary = rotaryOf(config, headsOf(config, headWidth).headWidth)
  const window = config.boolean("use_sliding_window", false)
    ? config.integer("sliding_window", 4096)
    : undefined
  const first = config.integer("max_window_layers", 28, 0)
  const slides = windowOf(config, window, (layer) => layer >= first)
  return llamaLike(
    config,
    name,
    layersOf(config, (layer) => layerOf(rotary, slides(layer))),
    headWidth === undefined ? {} : { headWidth },
  )
}

/** Qwen 2 and 2.5: Llama with biases on query, key and value. */
export const qwen2 = (config: ConfigReader): Architecture => {
  const base = qwen(config, "qwen2", undefined)
  return { ...base, attention: { ...base.attention, queryKeyValueBias: true, outputBias: false } }
}

/** Qwen 3: Llama with a norm on query and key heads. */
export const qwen3 = (config: ConfigReader): Architecture => {
  const base = qwen(config, "qwen3", 128)
  return { ...base, attention: { ...base.attention, queryKeyNorm: true } }
}
