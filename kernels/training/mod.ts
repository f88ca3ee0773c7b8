/** Train graphs: parameters, AdamW, compiled steps, schedules. */
export type * from "./adamw.ts"
export * from "./compile-step.ts"
export * from "./error.ts"
export * from "./parameters.ts"
