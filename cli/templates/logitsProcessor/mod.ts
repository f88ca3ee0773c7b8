/** Cuts tokens of small probability. */
export { epsilonCut, type EpsilonCutOptions } from "./epsilon-cut.ts"
export { plugin } from "./plugin.ts"
