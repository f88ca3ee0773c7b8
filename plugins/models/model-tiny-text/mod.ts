/** The recipe of a small language model of plays, sums and lists. */
export { TinyTextConfig } from "./config.ts"
export { plugin } from "./plugin.ts"
export { tinyText } from "./tiny-text.ts"
