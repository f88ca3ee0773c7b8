/** The task suite of ParallelBench with generators of our own, and its measures of parallel decoding. */
export * from "./measures.ts"
export { plugin } from "./plugin.ts"
