/** Fills as many positions as their confidences allow together. */
export { factor, type FactorOptions } from "./factor.ts"
export { plugin } from "./plugin.ts"
