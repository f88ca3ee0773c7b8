/** The verifier of speculative sampling: the target's exact distribution, and more acceptance for sampled drafts. */
export { type Chances, keyedChances } from "./chances.ts"
export { plugin } from "./plugin.ts"
export { speculativeSampling, verifyTree } from "./verify-tree.ts"
