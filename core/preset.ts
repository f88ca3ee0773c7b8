import type { PipelineNode, Plugin } from "./plugin.ts"

/** What a preset says of itself, and what stands in the slots of its plugin where a pipeline leaves them out. */
export interface PresetDefinition {
  /** The npm package, `@parade/fast-dllm-v2`. */
  readonly name: string
  readonly summary: string
  readonly slots: Readonly<Record<string, PipelineNode | readonly PipelineNode[]>>
}

/**
 * A plugin under another name with other parts by default: how a method keeps its paper's name that is a composition of
 * plugins. Config and slots stay those of the plugin, so every part can still be said.
 *
 * @throws RangeError where the plugin has no such slot.
 *
 * @example
 * ```ts
 * import { type Decoder, type Plugin, preset } from "@parade/core"
 *
 * export const named = (autoregressive: Plugin<Decoder>): Plugin<Decoder> =>
 *   preset(autoregressive, {
 *     name: "warm",
 *     summary: "Plain decoding, warm.",
 *     slots: { sampler: { use: "@parade/standard-sampler", with: { temperature: 0.8 } } },
 *   })
 * ```
 */
export const preset = <A>(plugin: Plugin<A>, { name, summary, slots }: PresetDefinition): Plugin<A> => {
  const unknown = Object.keys(slots).find((slot) => !Object.hasOwn(plugin.slots, slot))
  if (unknown !== undefined)
    throw new RangeError(`${plugin.name} has no slot ${JSON.stringify(unknown)} for ${name} to fill.`)
  return {
    ...plugin,
    name,
    summary,
    slots: Object.fromEntries(
      Object.entries(plugin.slots).map(([slot, { default: fallback, ...rest }]) => [
        slot,
        { ...rest, default: slots[slot] ?? fallback },
      ]),
    ),
  }
}
