/** A fixed number of positions per step, shared evenly among groups of open positions (NAP's parallel-forced decoding). */
export { budget, type BudgetOptions } from "./budget.ts"
export { plugin } from "./plugin.ts"
export { shares } from "./shares.ts"
