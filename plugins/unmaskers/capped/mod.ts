/** Bounds on what any rule fills in a step, on the steps of a block, and on how early a text ends (CD4LM's CAD). */
export { capped, type CappedOptions } from "./capped.ts"
export { plugin } from "./plugin.ts"
