/** Everyday instructions, as a task. */
export { instructionsTask } from "./instructions.ts"
export { plugin } from "./plugin.ts"
