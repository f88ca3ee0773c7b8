/** Several tasks as one, from JSON. */
export { plugin } from "./plugin.ts"
