/** The recipe that trains Learn2PD's filter, and the replays it learns from. */
export { replay, type Replay, type ReplayCounts, type ReplayOptions } from "./examples.ts"
export { type Example, oracle, type OracleRecord } from "./oracle.ts"
export { learn2pdRecipe, type Learn2pdRecipeParts } from "./recipe.ts"
export { Learn2pdRecipeConfig } from "./recipe-config.ts"
export { recipe } from "./recipe-plugin.ts"
