/** Speculative decoding: draft a tree of tokens, verify it in one forward. */
export { assumedCost } from "./draft-length.ts"
export { plugin } from "./plugin.ts"
export { speculative, type SpeculativeOptions } from "./speculative.ts"
