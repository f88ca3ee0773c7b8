/** One token per forward: a decoder to begin with. */
export { plain, type PlainOptions } from "./plain.ts"
export { plugin } from "./plugin.ts"
