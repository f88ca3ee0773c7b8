/** Keeps finished blocks for good, for models that see blocks causally. */
export { exactBlockCache, type ExactBlockCacheOptions } from "./exact-block-cache.ts"
export { plugin } from "./plugin.ts"
