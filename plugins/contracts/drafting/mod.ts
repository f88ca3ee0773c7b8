/** The contract of drafters: who proposes tokens for the target model to verify. */
export * from "./compatibility.ts"
export type * from "./draft-budget.ts"
export * from "./draft-head.ts"
export * from "./draft-plan.ts"
export {
  chain,
  checkTree,
  emptyTree,
  isChain,
  isPointTree,
  pathTo,
  subtree,
  treeLevels,
} from "./draft-tree.ts"
export * from "./drafter.ts"
export * from "./round-cost.ts"
export * from "./measured-accuracy.ts"
export * from "./next-guesses.ts"
export * from "./rank-of.ts"
export * from "./sparse-tree.ts"
export * from "./target-use.ts"
export * from "./trained-for.ts"
