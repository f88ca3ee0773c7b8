import { DecodeError, type Model, type Verifier } from "@parade/core"
import type { Drafter } from "./drafter.ts"
import { outputsUsed, type TargetUse } from "./target-use.ts"

/** What a target lacks of what a drafter takes, for people. */
const lacking = (use: TargetUse, { info, head }: Pick<Model, "info" | "head">): string | undefined => {
  const output = outputsUsed(use).find((name) => !info.outputs.includes(name))
  if (output !== undefined) return `the output ${output}`
  if (use.vectors === true && !info.takesVectors) return "rows of vectors"
  const cut = use.enters?.find((layer) => info.cuts?.includes(layer) !== true)
  if (cut !== undefined) return `a forward that can be entered at layer ${cut}`
  return use.head === true && head === undefined ? "its LM head" : undefined
}

/** Why a drafter cannot draft for a target under a verifier, if it cannot; the path of the failure is the slot of the part that should be another. */
export const incompatibility = (
  drafter: Drafter,
  verifier: Verifier,
  target: Pick<Model, "info" | "head">,
): DecodeError | undefined => {
  if (!drafter.proposes.some((law) => verifier.accepts.includes(law)))
    return new DecodeError({
      code: "draft.law-mismatch",
      path: "verifier",
      message: `${drafter.name} proposes by ${drafter.proposes.join(" or ")}; the verifier understands ${verifier.accepts.join(", ")}.`,
      advice: "Choose a verifier that understands it, such as @parade/exact-match.",
    })
  if (
    drafter.vocabularyFingerprint !== undefined &&
    drafter.vocabularyFingerprint !== target.info.vocabularyFingerprint
  )
    return new DecodeError({
      code: "draft.vocabulary-mismatch",
      path: "drafter",
      message: `${drafter.name} drafts tokens of another vocabulary than that of ${target.info.name}.`,
      advice: "Draft with a model that has the target's tokenizer.",
    })
  if (drafter.width !== undefined && drafter.width !== target.info.width)
    return new DecodeError({
      code: "draft.width-mismatch",
      path: "drafter",
      message: `${drafter.name} was trained on hidden rows of ${drafter.width} floats; those of ${target.info.name} have ${target.info.width}.`,
      advice: "Name trained parts that belong to the model, or train some with its recipe.",
    })
  const { weightsFingerprint } = target.info
  if (
    drafter.weightsFingerprint !== undefined &&
    weightsFingerprint !== undefined &&
    drafter.weightsFingerprint !== weightsFingerprint
  )
    return new DecodeError({
      code: "draft.weights-mismatch",
      path: "drafter",
      message: `${drafter.name} was trained for other weights than those of ${target.info.name}.`,
      advice: "Name trained parts that belong to the model, or train some with its recipe.",
    })
  const missing = lacking(drafter.uses ?? {}, target)
  if (missing !== undefined)
    return new DecodeError({
      code: "draft.target-lacks",
      path: "drafter",
      message: `${drafter.name} needs ${missing}, which ${target.info.name} does not give.`,
      advice: "Where models are made in code, ask for it there; some models cannot give it.",
    })
  return undefined
}
