import { definePlugin, ModelKind, slot } from "@parade/core"
import type { Model, Need, Plugin } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { sourceOf } from "./_source.ts"
import { TransformerConfig } from "./config.ts"
import { load } from "./load.ts"
import type { LoadOptions } from "./load.ts"

/** What may be needed of the model. */
const wantedOf = (
  needs: readonly Need[],
): Pick<LoadOptions, "outputs" | "takesVectors" | "lendsHead" | "cuts"> => {
  const outputs = new Set(needs.filter(({ name }) => name === "output").map(({ value }) => String(value)))
  outputs.delete("logits")
  const isNeeded = (need: string): boolean => needs.some(({ name }) => name === need)
  const cuts = new Set(needs.filter(({ name }) => name === "cut").map(({ value }) => Number(value)))
  return {
    outputs: [...outputs].sort(),
    takesVectors: isNeeded("vectors"),
    lendsHead: isNeeded("head"),
    cuts: [...cuts].sort((a, b) => a - b),
  }
}

/** The plugin `@parade/transformer`. */
export const transformer: Plugin<Model> = definePlugin({
  kind: ModelKind,
  name: "@parade/transformer",
  summary: "Decoder-only transformers from safetensors or GGUF, on the processor or a graphics processor.",
  config: TransformerConfig,
  slots: {
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
  },
  grants: ["visibility", "output", "vectors", "head", "cut"],
  make: (config, { attention }, context) =>
    Effect.gen(function* () {
      const source = yield* sourceOf(config, context.base)
      const wanted = wantedOf(context.needs)
      const { dtype, device, threads } = config
      const adapters =
        config.adapters === undefined ? undefined : yield* locateSource(config.adapters, context.base)
      const key = JSON.stringify([source, adapters, dtype, device, threads, attention.name, wanted])
      return yield* context.shared(
        `@parade/transformer ${key}`,
        load({
          source,
          adapters,
          dtype,
          device,
          threads,
          attention,
          ...wanted,
          // The same for all models of a pipeline, so no part of the key.
          takesTurns: context.peers > 0,
        }),
      )
    }),
})
