import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The embedded model with the adapters that come with the package. */
const ownAdapters = "npm:@parade/cd4lm/adapters"

/** The preset `@parade/cd4lm`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/cd4lm",
  summary: "Masked diffusion in blocks: up to 32 confident positions a step, and no end of text too early.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownAdapters } },
    schedule: { use: "@parade/blocks", with: { length: 32 } },
    refresh: { use: "@parade/full-refresh" },
    unmasker: {
      use: "@parade/capped",
      with: { min: 1, max: 32, endAfter: 0.3 },
      rule: { use: "@parade/threshold", with: { threshold: 0.95 } },
    },
  },
})
