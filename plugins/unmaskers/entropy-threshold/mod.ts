/** Fills all positions whose entropy is low enough, at least the lowest. */
export { entropyThreshold, type EntropyThresholdOptions } from "./entropy-threshold.ts"
export { plugin } from "./plugin.ts"
