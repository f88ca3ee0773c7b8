/** Blocks from left to right, and sub-blocks within them. */
export { plugin } from "./plugin.ts"
export { subBlocks, type SubBlocksOptions } from "./sub-blocks.ts"
