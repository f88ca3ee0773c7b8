/** Read and write the weights of models. */
export * from "./safetensors.ts"
export * from "./sharded.ts"
export type * from "./tensor.ts"
export * from "./write_safetensors.ts"
export * from "./gguf.ts"
