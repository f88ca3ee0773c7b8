/** The recipe that trains a model to fill several traces at once. */
export { maskedTraces, type MaskedTracesOptions, maskRates, type TracePassage } from "./masked-traces.ts"
export { recipe, trainedLayout } from "./recipe.ts"
export { tracePassage, type TracePassageOptions } from "./trace-passage.ts"
