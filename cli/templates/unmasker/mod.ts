/** Fills the most confident share of the open positions. */
export { share, type ShareOptions } from "./share.ts"
export { plugin } from "./plugin.ts"
