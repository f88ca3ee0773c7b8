/** Keeps the rows before a block while it is filled. */
export { prefixCache, type PrefixCacheOptions } from "./prefix-cache.ts"
export { plugin } from "./plugin.ts"
