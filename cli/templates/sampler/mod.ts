/** Draws at a temperature that falls as the text grows. */
export { cooling, type CoolingOptions } from "./cooling.ts"
export { plugin } from "./plugin.ts"
