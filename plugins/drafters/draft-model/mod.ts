/** A drafter that is a model: a smaller one of the same vocabulary runs ahead of the target. */
export { DraftModelConfig } from "./config.ts"
export { draftModel } from "./drafter.ts"
export { plugin } from "./plugin.ts"
