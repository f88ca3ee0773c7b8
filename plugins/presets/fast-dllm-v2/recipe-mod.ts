/** The recipe that adapts a text model to block diffusion. */
export { complementaryViews } from "./complementary-views.ts"
export { recipe } from "./recipe.ts"
