/** The contract of drafters: who proposes tokens for the target model to verify. */
export * from "./compatibility.ts"
export * from "./draft-tree.ts"
export * from "./drafter.ts"
