/** Plain decoding: one forward, one token. */
export { autoregressive } from "./autoregressive.ts"
export { plugin } from "./plugin.ts"
