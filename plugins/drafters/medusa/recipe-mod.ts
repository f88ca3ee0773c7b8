/** The recipes that train Medusa's heads, alone and together with adapters of the model. */
export { MedusaJointConfig } from "./joint-config.ts"
export { medusaJointRecipe } from "./joint-recipe.ts"
export { medusaRecipe } from "./recipe.ts"
export { MedusaRecipeConfig } from "./recipe-config.ts"
export { jointRecipe, recipe } from "./recipe-plugin.ts"
