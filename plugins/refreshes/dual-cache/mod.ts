/** Keeps the rows before and behind a block while it is filled. */
export { dualCache, type DualCacheOptions } from "./dual-cache.ts"
export { plugin } from "./plugin.ts"
