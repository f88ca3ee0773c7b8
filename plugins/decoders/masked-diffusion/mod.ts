/** Masked diffusion: fill many masked positions of a canvas per forward, in any order. */
export { maskedDiffusion, type MaskedDiffusionOptions, unfitFor } from "./masked-diffusion.ts"
export { maskedDiffusionFields, plugin } from "./plugin.ts"
