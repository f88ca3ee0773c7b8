/** Fills all positions whose best token leads the second by enough, at least the best. */
export { marginThreshold, type MarginThresholdOptions } from "./margin-threshold.ts"
export { plugin } from "./plugin.ts"
