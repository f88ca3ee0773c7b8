/** Counts a letter in a word. */
export { letterCounts, type LetterCountsOptions } from "./letter-counts.ts"
export { plugin } from "./plugin.ts"
