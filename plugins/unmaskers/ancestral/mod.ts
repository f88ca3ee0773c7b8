/** Fills every position by chance, at the pace of the diffusion. */
export { ancestral, type AncestralOptions, fillChances } from "./ancestral.ts"
export { plugin } from "./plugin.ts"
