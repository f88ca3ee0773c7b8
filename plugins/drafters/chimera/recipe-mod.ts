/** The recipe that trains Chimera's drafter. */
export { chimeraRecipe } from "./recipe.ts"
export { ChimeraRecipeConfig } from "./recipe-config.ts"
export { recipe } from "./recipe-plugin.ts"
