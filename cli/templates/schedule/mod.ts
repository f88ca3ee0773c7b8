/** Opens the first masked positions. */
export { leading, type LeadingOptions } from "./leading.ts"
export { plugin } from "./plugin.ts"
