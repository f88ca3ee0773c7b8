/** Blocks of a canvas from left to right: semi-autoregressive decoding. */
export { blocks, type BlocksOptions } from "./blocks.ts"
export { plugin } from "./plugin.ts"
