import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The embedded model with the adapters that come with the package. */
const ownAdapters = "npm:@parade/tad/adapters"

/** The preset `@parade/tad`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/tad",
  summary: "Masked diffusion in several open blocks: all positions whose entropy is low enough.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownAdapters } },
    schedule: { use: "@parade/open-blocks", with: { length: 32, openAt: 0.5 } },
    refresh: { use: "@parade/full-refresh" },
    unmasker: { use: "@parade/entropy-threshold", with: { threshold: 0.5 } },
  },
})
