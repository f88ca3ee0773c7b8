/** Narrows most layers to a window of positions. */
export { alternatingWindow, type AlternatingWindowOptions } from "./alternating-window.ts"
export { plugin } from "./plugin.ts"
