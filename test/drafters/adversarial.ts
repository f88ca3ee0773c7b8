import type { Drafter } from "@parade/drafting"
import {
  childFirstDrafter,
  duplicateSiblingsDrafter,
  lostAuxiliaryDrafter,
  missingParentDrafter,
  negativeTokenDrafter,
  outOfVocabularyDrafter,
  overLongDrafter,
  undeclaredVectorDrafter,
} from "./dishonest.ts"
import { emptyDrafter, endInsideDrafter, oracleDrafter, randomTreeDrafter, wrongDrafter } from "./honest.ts"
import { watchfulDrafter } from "./watchful.ts"

/** What the drafters know. */
export interface AdversarialOptions {
  /** The text plain decoding gives, prompt first. */
  readonly text: ArrayLike<number>
  readonly endToken: number
  readonly seed: number
}

/** Drafters that keep the contract: whatever they propose, a lossless decoder says what plain decoding says. */
export const honestDrafters = ({ text, endToken, seed }: AdversarialOptions): readonly Drafter[] => [
  emptyDrafter,
  oracleDrafter(text),
  wrongDrafter(text),
  randomTreeDrafter({ seed }),
  randomTreeDrafter({ seed: seed + 1, text }),
  endInsideDrafter(text, endToken),
  watchfulDrafter({ seed: seed + 2, text }),
]

/** Drafters that break the contract: the same text, or a typed failure. */
export const dishonestDrafters = ({ text }: AdversarialOptions): readonly Drafter[] => [
  overLongDrafter(text),
  duplicateSiblingsDrafter(text),
  outOfVocabularyDrafter,
  negativeTokenDrafter,
  childFirstDrafter,
  missingParentDrafter,
  lostAuxiliaryDrafter,
  undeclaredVectorDrafter,
]
