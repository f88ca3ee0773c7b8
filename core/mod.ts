/** The contracts of Parade and the composition of pipelines; no I/O. */
export type * from "./cache.ts"
export * from "./error.ts"
export type * from "./model.ts"
export * from "./rows.ts"
export type * from "./tokenizer.ts"
export * from "./visibility.ts"
