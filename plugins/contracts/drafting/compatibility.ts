import { DecodeError, type ModelInfo, type Verifier } from "@parade/core"
import type { Drafter } from "./drafter.ts"

/** Why a drafter cannot draft for a target under a verifier, if it cannot. */
export const incompatibility = (
  drafter: Drafter,
  verifier: Verifier,
  target: ModelInfo,
): DecodeError | undefined => {
  if (!drafter.proposes.some((law) => verifier.accepts.includes(law)))
    return new DecodeError({
      code: "draft.law-mismatch",
      message: `${drafter.name} proposes by ${drafter.proposes.join(" or ")}; the verifier understands ${verifier.accepts.join(", ")}.`,
      advice: "Choose a verifier that understands it, such as @parade/exact-match.",
    })
  if (
    drafter.vocabularyFingerprint !== undefined &&
    drafter.vocabularyFingerprint !== target.vocabularyFingerprint
  )
    return new DecodeError({
      code: "draft.vocabulary-mismatch",
      message: `${drafter.name} drafts tokens of another vocabulary than that of ${target.name}.`,
      advice: "Draft with a model that has the target's tokenizer.",
    })
  return undefined
}
