/** Speculative Jacobi decoding: what the target says behind wrong drafts is drafted next. */
export { SpeculativeJacobiConfig, type Start } from "./config.ts"
export { speculativeJacobi } from "./drafter.ts"
export { plugin } from "./plugin.ts"
