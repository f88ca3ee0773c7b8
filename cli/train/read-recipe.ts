import { dirname, resolve } from "node:path"
import {
  applyOverrides,
  build,
  type ParadeError,
  parsePipeline,
  type PipelineError,
  validate,
} from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { openRegistry } from "../load-plugins.ts"
import { parseSet, readText } from "../read-pipeline.ts"

/** A recipe by its name, with or without its scope, or by a file that says `use` and `with` as a pipeline does. */
const written = (
  recipe: string,
): Effect.Effect<{ readonly value: unknown; readonly base: string }, ParadeError> => {
  if (recipe.endsWith(".json"))
    return readText(recipe).pipe(
      Effect.flatMap(parsePipeline),
      Effect.map((value) => ({ value, base: dirname(resolve(recipe)) })),
    )
  const use = /[@./\\]/.test(recipe) ? recipe : `@parade/${recipe}`
  return Effect.succeed({ value: { use }, base: process.cwd() })
}

/** The recipe, composed with what `--set` changes of it. */
export const readRecipe = (
  recipe: string,
  set: readonly string[],
): Effect.Effect<Recipe, ParadeError | PipelineError, Scope> =>
  Effect.gen(function* () {
    const { value, base } = yield* written(recipe)
    const registry = openRegistry(base)
    const overrides = yield* Effect.forEach(set, parseSet)
    const changed = yield* applyOverrides(RecipeKind, value, overrides, registry)
    // The plan was checked to have a recipe at its root.
    return (yield* build(yield* validate(RecipeKind, changed, registry), base)) as Recipe
  })
