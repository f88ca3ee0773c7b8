/** Every step recomputes every row. */
export { fullRefresh } from "./full-refresh.ts"
export { plugin } from "./plugin.ts"
