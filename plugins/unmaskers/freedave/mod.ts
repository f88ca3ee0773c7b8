/** Several steps of static decoding verified in one forward, token for token the same. */
export { freedave, type FreeDaveOptions } from "./freedave.ts"
export { plugin } from "./plugin.ts"
