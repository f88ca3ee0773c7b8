/** Several tasks as one. */
export { mixedTask } from "./mixed-tasks.ts"
export { plugin } from "./plugin.ts"
