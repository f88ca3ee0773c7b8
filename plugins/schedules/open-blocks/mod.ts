/** Blocks from left to right, several open at once. */
export { openBlocks, type OpenBlocksOptions } from "./open-blocks.ts"
export { plugin } from "./plugin.ts"
