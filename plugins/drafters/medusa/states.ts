import type { ModelText } from "@parade/recipes"

/** Places in texts that heads learn from: those where the model itself decided what comes next. */
export interface Places {
  readonly count: number
  readonly text: (place: number) => ModelText
  /** The token whose state is read. */
  readonly row: (place: number) => number
}

/** All places of texts at which a head has something to guess, one after the other. */
export const placesOf = (texts: readonly ModelText[]): Places => {
  /** `[texts + 1]`: places before each text. */
  const before = [0]
  for (const { tokens, from } of texts) before.push(before.at(-1)! + Math.max(0, tokens.length - 1 - from))
  const textOf = new Int32Array(before.at(-1)!)
  for (const i of texts.keys()) textOf.fill(i, before[i], before[i + 1])
  return {
    count: textOf.length,
    text: (place) => texts[textOf[place]!]!,
    row: (place) => texts[textOf[place]!]!.from - 1 + place - before[textOf[place]!]!,
  }
}
