/** dParallel: what models distilled for certainty are decoded with. */
export { plugin } from "./plugin.ts"
