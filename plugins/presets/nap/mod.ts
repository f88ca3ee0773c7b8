/** NAP: several traces on one canvas, filled at the same pace, and a summary that reads them all. */
export { summarySpan, traceCanvas, type TraceLayout } from "./layout.ts"
export { plugin } from "./plugin.ts"
export { traceDecoder } from "./trace-decoder.ts"
