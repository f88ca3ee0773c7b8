/** The last digit of a sum of digits, with derivations in any order, as a task. */
export { DigitSumsConfig, digitSumsTask } from "./digit-sums.ts"
export { plugin } from "./plugin.ts"
