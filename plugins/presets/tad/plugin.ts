import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The preset `@parade/tad`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/tad",
  summary: "Masked diffusion in several open blocks: all positions whose entropy is low enough.",
  slots: {
    schedule: { use: "@parade/open-blocks", with: { length: 32, openAt: 0.5 } },
    refresh: { use: "@parade/full-refresh" },
    unmasker: { use: "@parade/entropy-threshold", with: { threshold: 0.5 } },
  },
})
