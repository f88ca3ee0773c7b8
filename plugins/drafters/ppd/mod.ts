/** PPD: trained prompt tokens guess ahead in the target's own forward. */
export { chooseTree, treeCandidates } from "./choose-tree.ts"
export { PpdConfig } from "./config.ts"
export { ppd } from "./drafter.ts"
export { buildDynamicTree, chainTree, type DynamicTree, type PromptedTree, treeRows } from "./dynamic-tree.ts"
export { type PromptEmbeddings, readPrompts, writePrompts } from "./prompt-embeddings.ts"
export { plugin } from "./plugin.ts"
