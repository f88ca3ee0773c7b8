import type { ModelText } from "@parade/recipes"

/** Places in texts that heads learn from. */
export interface Places {
  readonly count: number
  readonly text: (place: number) => ModelText
  /** The token whose state is read. */
  readonly row: (place: number) => number
}

/**
 * All places of texts at which a head has something to guess, one after the other: those where the model itself decided what
 * comes next, or with those of the prompts, at which only what it gave a chance can be learnt.
 */
export const placesOf = (texts: readonly ModelText[], prompts = false): Places => {
  const first = ({ from }: ModelText): number => (prompts ? 0 : from - 1)
  /** `[texts + 1]`: places before each text. */
  const before = [0]
  for (const text of texts) before.push(before.at(-1)! + Math.max(0, text.tokens.length - 2 - first(text)))
  const textOf = new Int32Array(before.at(-1)!)
  for (const i of texts.keys()) textOf.fill(i, before[i], before[i + 1])
  return {
    count: textOf.length,
    text: (place) => texts[textOf[place]!]!,
    row: (place) => first(texts[textOf[place]!]!) + place - before[textOf[place]!]!,
  }
}
