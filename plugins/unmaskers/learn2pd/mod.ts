/** Learn2PD: a small trained filter says which predictions are already final. */
export { endOfText, type EndOfText } from "./end-of-text.ts"
export { type Filter, filterOf, type FilterWeights, parameterCount } from "./filter.ts"
export { type FilterFile, type KeptFilter, readFilter, writeFilter } from "./filter-file.ts"
export { blockConfidences, learn2pd, type Learn2pdOptions } from "./learn2pd.ts"
export { plugin } from "./plugin.ts"
