/** The recipe that trains PPD's prompt tokens. */
export { ppdRecipe } from "./recipe.ts"
export { PpdRecipeConfig } from "./recipe-config.ts"
export { recipe } from "./recipe-plugin.ts"
