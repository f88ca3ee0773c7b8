/** Fills all positions whose confidence reaches a threshold, at least the best. */
export { threshold, type ThresholdOptions } from "./threshold.ts"
export { plugin } from "./plugin.ts"
