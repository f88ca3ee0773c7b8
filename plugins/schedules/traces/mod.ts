/** Traces side by side, then the answer. */
export { plugin } from "./plugin.ts"
export { traces, type TracesOptions } from "./traces.ts"
