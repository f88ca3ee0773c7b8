/** Bracket languages (Dyck words), as a task. */
export { bracketsTask } from "./brackets.ts"
export { BracketsConfig, type BracketOperation } from "./config.ts"
export { plugin } from "./plugin.ts"
