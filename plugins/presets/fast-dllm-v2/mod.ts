/** Fast-dLLM v2: block diffusion over an exact cache of finished blocks. */
export { complementaryViews } from "./complementary-views.ts"
export { plugin } from "./plugin.ts"
export { recipe } from "./recipe.ts"
