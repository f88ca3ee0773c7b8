import type { Distribution } from "@parade/core"
import type { Chances } from "./chances.ts"

/**
 * Every way a program that takes chances can go, with its probability: it is run again and again, each time with
 * the last choice that has an alternative left changed to the next one.
 */
export const enumerate = <A>(program: (chances: Chances) => A): readonly (readonly [A, number])[] => {
  const results: (readonly [A, number])[] = []
  /** What was chosen, and what is left to choose, at each choice of the current run. */
  const script: { chosen: number; readonly options: readonly (readonly [number, number])[] }[] = []
  for (;;) {
    let at = 0
    let probability = 1
    const choose = (options: () => readonly (readonly [number, number])[]): number => {
      if (at === script.length) script.push({ chosen: 0, options: options() })
      const { chosen, options: known } = script[at++]!
      const [value, chance] = known[chosen]!
      probability *= chance
      return value
    }
    const result = program({
      accept: (p, q) =>
        choose(() => {
          const chance = Math.min(1, p / q)
          return [[1, chance] as const, [0, 1 - chance] as const].filter(([, weight]) => weight > 0)
        }) === 1,
      draw: (distribution) => choose(() => outcomes(distribution)),
    })
    results.push([result, probability])
    while (script.length > 0 && script.at(-1)!.chosen + 1 === script.at(-1)!.options.length) script.pop()
    if (script.length === 0) return results
    script.at(-1)!.chosen++
  }
}

const outcomes = (distribution: Distribution): readonly (readonly [number, number])[] => {
  const { tokens, probabilities } = distribution.support()
  return Array.from(tokens, (token, i) => [token, probabilities[i]!] as const)
}
