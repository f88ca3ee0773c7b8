import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The embedded model with the adapters that come with the package. */
const ownAdapters = "npm:@parade/dparallel/adapters"

/** The preset `@parade/dparallel`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/dparallel",
  summary: "Masked diffusion in blocks: all positions whose entropy is low enough, every row recomputed.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownAdapters } },
    schedule: { use: "@parade/blocks", with: { length: 32 } },
    refresh: { use: "@parade/full-refresh" },
    unmasker: { use: "@parade/entropy-threshold", with: { threshold: 0.5 } },
  },
})
