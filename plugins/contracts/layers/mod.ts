/** The contract of layer variants: a transformer's architecture as data, and what an attention is. */
export type * from "./architecture.ts"
export * from "./attention.ts"
export * from "./module.ts"
export * from "./rotary.ts"
export type * from "./weights.ts"
