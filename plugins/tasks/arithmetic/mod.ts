/** Sums, differences, products and chains of them, as a task. */
export { arithmeticTask } from "./arithmetic.ts"
export { ArithmeticConfig, type ArithmeticOperation } from "./config.ts"
export { plugin } from "./plugin.ts"
