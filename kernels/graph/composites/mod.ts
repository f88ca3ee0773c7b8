/** Parts of models, written in the operators the builder's device has. */
export * from "./activation.ts"
export * from "./attention.ts"
export * from "./linear.ts"
export * from "./losses.ts"
export * from "./norm.ts"
export * from "./rotary.ts"
export * from "./readout.ts"
export * from "./rows.ts"
