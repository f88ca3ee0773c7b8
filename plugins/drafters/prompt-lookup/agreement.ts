import type { Match } from "./lookup.ts"
import { repetitionChance } from "./propose.ts"

/**
 * Matches with their chances where they disagree: of those that are equally long, each is worth the share that goes on
 * with its token. What has followed a common word in many ways says little of what follows it next.
 */
export const agreed = (tokens: Int32Array, matches: readonly Match[]): readonly Match[] =>
  matches.map((match) => {
    const alike = matches.filter(({ length }) => length === match.length)
    const agreeing = alike.filter(({ from }) => tokens[from] === tokens[match.from])
    return agreeing.length === alike.length
      ? match
      : { ...match, chance: repetitionChance(match.length, agreeing.length / alike.length) }
  })
