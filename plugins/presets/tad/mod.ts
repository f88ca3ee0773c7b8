/** TAD: decoding in several open blocks. */
export { plugin } from "./plugin.ts"
