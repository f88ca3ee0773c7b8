/** The task suite of ParallelBench with generators of our own, and its measures of parallel decoding. */
export * from "./accuracy-under-parallelism.ts"
export * from "./left-order.ts"
export * from "./measures.ts"
export { plugin } from "./plugin.ts"
