/** Hidden Transfer: pseudo states that enter the target in the middle draft a tree; and the recipe that trains their maps. */
export { chooseTree, type PseudoTree, type TreeLimits } from "./choose-tree.ts"
export { HiddenTransferConfig } from "./config.ts"
export { hiddenTransfer } from "./drafter.ts"
export { type MapsFile, readMaps, type TransferMaps, writeMaps } from "./maps.ts"
export { plugin, recipe } from "./plugin.ts"
export { hiddenTransferRecipe } from "./recipe.ts"
export { HiddenTransferRecipeConfig } from "./recipe-config.ts"
