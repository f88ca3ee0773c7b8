import type { DistilledSequence, LaidPassages } from "@parade/model-adaptation"
import { type MaskLevels, nestedMasks } from "./nested-masks.ts"

export interface DistilledPassagesOptions extends MaskLevels {
  readonly mask: number
  readonly draw: () => number
  /** Where the divergence counts: at all that the student does not see, or only at what the teacher does not see either. */
  readonly soft: "student" | "teacher"
}

/** The places of each passage's answer. */
const answersOf = ({ passages, answers }: LaidPassages): readonly (readonly number[])[] => {
  const found = new Map<number, number[]>()
  answers.forEach((isAnswer, place) => {
    if (isAnswer === 0) return
    const own = found.get(passages[place]!) ?? []
    found.set(passages[place]!, own)
    own.push(place)
  })
  return [...found.values()]
}

/**
 * One sequence of answers at two mask levels: heavily masked for the student, lightly for the teacher, whose masks are among
 * the student's. Prompts are never masked. All masked for the student counts in the cross-entropy, and in the divergence
 * as `soft` says; what is watched is the divergence where the teacher sees no token either.
 */
export const distilledPassages = (
  laid: LaidPassages,
  { mask, draw, soft, ...levels }: DistilledPassagesOptions,
): DistilledSequence => {
  const { tokens, positions, passages } = laid
  const { length } = tokens
  const [student, teacher] = [tokens.slice(), tokens.slice()]
  const [hard, watched] = [new Float32Array(length), new Float32Array(length)]
  for (const places of answersOf(laid)) {
    const masks = nestedMasks(places.length, levels, draw)
    for (const i of masks.student) {
      student[places[i]!] = mask
      hard[places[i]!] = 1
    }
    for (const i of masks.teacher) {
      teacher[places[i]!] = mask
      watched[places[i]!] = 1
    }
  }
  const visibility = { rule: "branches", branches: passages, mutual: true } as const
  return {
    student: { tokens: student, positions, visibility },
    teacher: { tokens: teacher, positions, visibility },
    places: Int32Array.from({ length }, (_, place) => place),
    targets: tokens,
    weights: { hard, soft: soft === "student" ? hard : watched, watched },
  }
}
