/** The recipe that counts ADED's table. */
export { adedRecipe, type AdedRecipeParts, tableFigures } from "./recipe.ts"
export { AdedRecipeConfig } from "./recipe-config.ts"
export { recipe } from "./recipe-plugin.ts"
