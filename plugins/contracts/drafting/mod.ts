/** The contract of drafters: who proposes tokens for the target model to verify. */
export * from "./drafter.ts"
