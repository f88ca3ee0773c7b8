/** The recipe that trains Hidden Transfer's maps. */
export { hiddenTransferRecipe } from "./recipe.ts"
export { HiddenTransferRecipeConfig } from "./recipe-config.ts"
export { recipe } from "./recipe-plugin.ts"
