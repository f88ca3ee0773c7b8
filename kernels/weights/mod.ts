/** Read and write the weights of models. */
export * from "./gguf.ts"
export * from "./matrix.ts"
export * from "./matrix_rows.ts"
export * from "./matrix_values.ts"
export * from "./safetensors.ts"
export * from "./sharded.ts"
export type * from "./tensor.ts"
export * from "./write_safetensors.ts"
