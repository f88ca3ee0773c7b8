/** NAP: several traces on one canvas, filled at the same pace, and a summary that reads them all. */
export { summarySpan, traceCanvas, type TraceLayout } from "./layout.ts"
export { maskedTraces, type MaskedTracesOptions, maskRates, type TracePassage } from "./masked-traces.ts"
export { plugin } from "./plugin.ts"
export { recipe } from "./recipe.ts"
export { traceDecoder } from "./trace-decoder.ts"
export { tracePassage, type TracePassageOptions } from "./trace-passage.ts"
