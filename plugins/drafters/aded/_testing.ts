import * as fc from "fast-check"
import { type CountedTrigrams, trigramCounter } from "./mod.ts"

/** Texts of a few different tokens, so that pairs come again. */
export const someTexts: fc.Arbitrary<readonly (readonly number[])[]> = fc.array(
  fc.array(fc.nat(5), { maxLength: 30 }),
  { maxLength: 6 },
)

export const countedOf = (texts: readonly (readonly number[])[], successors = 12): CountedTrigrams => {
  const counter = trigramCounter()
  for (const text of texts) counter.add(text)
  return counter.counted(successors)
}
