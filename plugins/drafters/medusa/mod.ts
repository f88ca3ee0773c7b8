/** Medusa: heads on the target's last hidden state draft a tree; and the recipe that trains them. */
export { MedusaConfig } from "./config.ts"
export { medusa } from "./drafter.ts"
export { headRows, type HeadWeights } from "./head-graph.ts"
export { type MedusaHeads, readHeads, writeHeads } from "./heads.ts"
export { plugin, recipe } from "./plugin.ts"
export { medusaRecipe } from "./recipe.ts"
export { MedusaRecipeConfig } from "./recipe-config.ts"
