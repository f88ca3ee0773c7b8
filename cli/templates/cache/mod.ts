/** Bounds the rows that a sequence may have. */
export { bounded, type BoundedOptions } from "./bounded.ts"
export { plugin } from "./plugin.ts"
