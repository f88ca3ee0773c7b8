/** Chimera: one block over trigrams and all of the target's last hidden states drafts a tree; and its recipe. */
export { ChimeraConfig } from "./config.ts"
export { chimera, type ChimeraParts } from "./drafter.ts"
export { plugin, recipe } from "./plugin.ts"
export { chimeraRecipe } from "./recipe.ts"
export { ChimeraRecipeConfig } from "./recipe-config.ts"
export {
  type ChimeraFile,
  type ChimeraWeights,
  readChimera,
  type Weights,
  type Without,
  writeChimera,
} from "./weights.ts"
