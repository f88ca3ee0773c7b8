/** The contracts of masked diffusion: which positions are open, which rows are recomputed, what is kept of a step. */
export * from "./check-edit.ts"
export * from "./edit.ts"
export * from "./predicting-position.ts"
export * from "./prediction.ts"
export * from "./refresh.ts"
export * from "./schedule.ts"
export * from "./state.ts"
export * from "./unmasker.ts"
