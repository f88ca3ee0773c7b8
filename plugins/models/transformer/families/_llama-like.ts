import type { Activation } from "@parade/graph"
import type { Architecture, LayerArchitecture } from "@parade/layers"
import type { ConfigReader } from "../_config-reader.ts"

/** Names that configs use for activations, and what they compute. */
const activations: ReadonlyMap<string, Activation> = new Map([
  ["silu", "silu"],
  ["swish", "silu"],
  ["gelu", "gelu"],
  ["gelu_new", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["relu", "relu"],
])

/** The activation a config names under `key`. */
export const activationOf = (config: ConfigReader, key: string, fallback: string): Activation => {
  const name = config.string(key, fallback)
  const activation = activations.get(name)
  if (activation === undefined)
    throw config.fail(
      key,
      `Activation "${name}" is not supported.`,
      `Supported: ${[...activations.keys()].join(", ")}.`,
    )
  return activation
}

/** Width, heads and their widths, with the checks that keep them consistent. */
export const headsOf = (
  config: ConfigReader,
  fallbackHeadWidth?: number,
): {
  readonly width: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
} => {
  const width = config.integer("hidden_size")
  const heads = config.integer("num_attention_heads")
  const keyValueHeads = config.integer("num_key_value_heads", heads)
  if (heads % keyValueHeads !== 0)
    throw config.fail(
      "num_key_value_heads",
      `${heads} query heads cannot share ${keyValueHeads} key/value heads evenly.`,
    )
  if (!config.has("head_dim") && fallbackHeadWidth === undefined && width % heads !== 0)
    throw config.fail("num_attention_heads", `A width of ${width} does not divide into ${heads} heads.`)
  const headWidth = config.integer("head_dim", fallbackHeadWidth ?? Math.trunc(width / heads))
  return { width, heads, keyValueHeads, headWidth }
}

/** A list of `count` layers, each as `layer` says; at most what a config may sanely claim. */
export const layersOf = (
  config: ConfigReader,
  layer: (index: number) => LayerArchitecture,
): readonly LayerArchitecture[] => {
  const count = config.integer("num_hidden_layers")
  if (count > 1024) throw config.fail("num_hidden_layers", `${count} layers are more than any model has.`)
  return Array.from({ length: count }, (_, index) => layer(index))
}

/** What the Llama family shares; families overrule parts of it. */
export const llamaLike = (
  config: ConfigReader,
  name: string,
  layers: readonly LayerArchitecture[],
  options: { readonly tied?: boolean; readonly headWidth?: number; readonly epsilon?: number } = {},
): Architecture => {
  const { width, ...heads } = headsOf(config, options.headWidth)
  return {
    name,
    vocabulary: config.integer("vocab_size"),
    width,
    contextLength: config.integer("max_position_embeddings", 2048),
    layers,
    norm: { kind: "rms", epsilon: config.number("rms_norm_eps", options.epsilon ?? 1e-6, 1), offset: 0 },
    attention: {
      ...heads,
      scale: heads.headWidth ** -0.5,
      queryKeyNorm: false,
      queryKeyValueBias: config.boolean("attention_bias", false),
      outputBias: config.boolean("attention_bias", false),
    },
    feedForward: {
      width: config.integer("intermediate_size"),
      activation: activationOf(config, "hidden_act", "silu"),
      gated: true,
      bias: config.boolean("mlp_bias", false),
    },
    postNorms: false,
    embedding: { scale: 1, learnedPositions: false },
    head: { tied: config.boolean("tie_word_embeddings", options.tied ?? false) },
  }
}

/** The window of a layer by the config's list of layer types, or by `otherwise` where there is no list. */
export const windowOf = (
  config: ConfigReader,
  window: number | undefined,
  otherwise: (layer: number) => boolean,
): ((layer: number) => number | undefined) => {
  const types = config.strings("layer_types")
  if (types !== undefined) {
    if (types.length !== config.integer("num_hidden_layers"))
      throw config.fail(
        "layer_types",
        `Lists ${types.length} layers of ${config.integer("num_hidden_layers")}.`,
      )
    const odd = types.find((type) => type !== "full_attention" && type !== "sliding_attention")
    if (odd !== undefined)
      throw config.fail(
        "layer_types",
        `Layers of type "${odd}" are not supported.`,
        "Supported: full_attention, sliding_attention.",
      )
    if (window === undefined && types.includes("sliding_attention"))
      throw config.fail("sliding_window", "Some layers slide, but no window is given.")
  }
  return (layer) =>
    (types === undefined ? otherwise(layer) : types[layer] === "sliding_attention") ? window : undefined
}

/** A layer with the window where there is one. */
export const layerOf = (
  rotary: LayerArchitecture["rotary"],
  window: number | undefined,
): LayerArchitecture => ({
  ...(rotary === undefined ? {} : { rotary }),
  ...(window === undefined ? {} : { window }),
})
