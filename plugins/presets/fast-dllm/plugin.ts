import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The preset `@parade/fast-dllm`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/fast-dllm",
  summary:
    "Masked diffusion in blocks: all confident positions, over cached rows before and behind the block.",
  slots: {
    schedule: { use: "@parade/blocks", with: { length: 32 } },
    refresh: { use: "@parade/dual-cache" },
    unmasker: { use: "@parade/threshold", with: { threshold: 0.9 } },
  },
})
