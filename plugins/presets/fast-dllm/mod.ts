/** Fast-dLLM: parallel decoding by confidence over an approximate cache. */
export { plugin } from "./plugin.ts"
