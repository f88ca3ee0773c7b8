/** A cache that keeps the rows of a sequence side by side in one buffer. */
export { contiguous, type ContiguousOptions } from "./contiguous-cache.ts"
export { plugin } from "./plugin.ts"
