import { uniform } from "@parade/core"
import { RecipeError } from "./error.ts"

/**
 * Which of several sources stands at a place of an endless stream, each as often as its share says: a function of the
 * place alone.
 *
 * @throws RecipeError `recipe.bad-shares` where shares are negative, no numbers, or all 0.
 */
export const mixture = (shares: readonly number[], seed: number): ((place: number) => number) => {
  const total = shares.reduce((sum, share) => sum + share, 0)
  if (!(total > 0) || !Number.isFinite(total) || shares.some((share) => share < 0))
    throw new RecipeError({
      code: "recipe.bad-shares",
      message: `Sources cannot be mixed by the shares ${shares.join(", ")}.`,
      advice: "Give a number from 0 up for each, and at least one above.",
    })
  return (place) => {
    let rest = uniform(seed, "noise", place, 4) * total
    for (const [index, share] of shares.entries()) {
      if (rest < share) return index
      rest -= share
    }
    // Only rounding leads here.
    return shares.findLastIndex((share) => share > 0)
  }
}
