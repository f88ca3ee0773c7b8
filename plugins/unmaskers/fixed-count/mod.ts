/** Fills a fixed number of positions per step, the most certain first. */
export { fixedCount, type FixedCountOptions, transferCounts } from "./fixed-count.ts"
export { plugin } from "./plugin.ts"
