/** Accepts drafted tokens that are among the likeliest. */
export { amongBest, type AmongBestOptions } from "./among-best.ts"
export { plugin } from "./plugin.ts"
