/** The recipe of a small masked-diffusion language model. */
export { TinyDiffusionConfig } from "./config.ts"
export { maskPassages, type MaskedPassages } from "./mask-passages.ts"
export type { Passage } from "./passage.ts"
export { plugin } from "./plugin.ts"
export { tinyDiffusion } from "./tiny-diffusion.ts"
