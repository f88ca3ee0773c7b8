/** Drafts that the last tokens come again. */
export { cycle, type CycleOptions } from "./cycle.ts"
export { plugin } from "./plugin.ts"
