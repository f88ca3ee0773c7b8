import type { Rotary, RotaryScaling } from "@parade/layers"
import type { ConfigReader } from "./_config-reader.ts"

const scalingOf = (settings: ConfigReader | undefined): RotaryScaling => {
  if (settings === undefined) return { kind: "none" }
  // "type" is the older spelling.
  const key = settings.has("rope_type") ? "rope_type" : "type"
  const kind = settings.string(key, "default")
  switch (kind) {
    case "default":
      return { kind: "none" }
    case "linear":
      return { kind: "linear", factor: settings.number("factor") }
    case "llama3": {
      const scaling = {
        kind: "llama3",
        factor: settings.number("factor"),
        lowFrequencyFactor: settings.number("low_freq_factor"),
        highFrequencyFactor: settings.number("high_freq_factor"),
        originalContext: settings.integer("original_max_position_embeddings"),
      } as const
      if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor)
        throw settings.fail("high_freq_factor", "Must be above low_freq_factor.")
      return scaling
    }
    default:
      throw settings.fail(
        key,
        `Rotary scaling "${kind}" is not supported.`,
        `Supported: default, linear, llama3.`,
      )
  }
}

/**
 * The rotary embedding of a kind of layer, from either spelling: transformers 5 writes `rope_parameters` (one per
 * layer type in some models), transformers 4 `rope_theta` and `rope_scaling`.
 */
export const rotaryOf = (
  config: ConfigReader,
  headWidth: number,
  options: {
    readonly layerType?: string
    readonly baseKey?: string
    readonly fallbackBase?: number
    /** Version 4 scales only some layer types. */
    readonly scaled?: boolean
  } = {},
): Rotary => {
  const all = config.object("rope_parameters")
  const current =
    options.layerType !== undefined && all?.has(options.layerType) === true
      ? all.object(options.layerType)
      : all
  const scaled = current ?? (options.scaled === false ? undefined : config.object("rope_scaling"))
  const base =
    current?.has("rope_theta") === true
      ? current.number("rope_theta")
      : config.number(options.baseKey ?? "rope_theta", options.fallbackBase ?? 10000)
  const partial =
    current?.has("partial_rotary_factor") === true
      ? current.number("partial_rotary_factor")
      : config.number("partial_rotary_factor", 1)
  const width = Math.trunc(headWidth * partial)
  if (width < 2 || width > headWidth || width % 2 !== 0)
    throw config.fail(
      "partial_rotary_factor",
      `A rotary width of ${width} in heads of ${headWidth} is not an even number within the head.`,
    )
  return { base, width, scaling: scalingOf(scaled) }
}
