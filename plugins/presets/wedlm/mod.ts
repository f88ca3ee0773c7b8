/** WeDLM: masks are filled in under causal attention, and the finished prefix is committed in every step. */
export { causalOrder } from "./causal-order.ts"
export { entropyDistance, type EntropyDistanceOptions } from "./entropy-distance.ts"
export { plugin, refresh, schedule, unmasker } from "./plugin.ts"
export { slidingWindow, type SlidingWindowOptions } from "./sliding-window.ts"
