import { type Decoder, type Plugin, preset } from "@parade/core"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"

/** The embedded text model, adapted to blocks of eight by the recipe. */
const ownModel = "npm:@parade/fast-dllm-v2/model"

/** The preset `@parade/fast-dllm-v2`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name: "@parade/fast-dllm-v2",
  summary: "Block diffusion: blocks are filled in sub-blocks, over an exact cache of the finished ones.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownModel } },
    schedule: {
      use: "@parade/sub-blocks",
      with: { subLength: 8, align: "sequence", firstAlone: true },
    },
    refresh: { use: "@parade/exact-block-cache" },
    unmasker: { use: "@parade/threshold", with: { threshold: 0.9 } },
  },
})
