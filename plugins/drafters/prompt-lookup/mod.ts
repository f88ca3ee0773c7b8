/** A drafter without a network: what followed the last tokens earlier in the text may follow again. */
export { PromptLookupConfig } from "./config.ts"
export { promptLookup } from "./drafter.ts"
export { lookup, type Lookup, type LookupOptions, type Match } from "./lookup.ts"
export { type MatchOrder } from "./ngram-index.ts"
export { plugin } from "./plugin.ts"
