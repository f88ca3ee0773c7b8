/** PPD: trained prompt tokens in the target's own forward draft a dynamic sparse tree; and the recipe that trains them. */
export { chooseTree, treeCandidates } from "./choose-tree.ts"
export { PpdConfig } from "./config.ts"
export { ppd } from "./drafter.ts"
export { buildDynamicTree, chainTree, type DynamicTree, type PromptedTree, treeRows } from "./dynamic-tree.ts"
export { type PromptEmbeddings, readPrompts, writePrompts } from "./prompt-embeddings.ts"
export { plugin, recipe } from "./plugin.ts"
export { ppdRecipe } from "./recipe.ts"
export { PpdRecipeConfig } from "./recipe-config.ts"
