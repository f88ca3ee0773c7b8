/** CreditDecoding: tokens that have been predicted for several steps are believed sooner, by any rule. */
export { creditDecoding, type CreditDecodingOptions } from "./credit-decoding.ts"
export { plugin } from "./plugin.ts"
