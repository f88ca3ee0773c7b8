import type { ExampleTable } from "./examples.ts"
import type { Filter } from "./filter.ts"

/** How predictions of masked positions are told apart by a score. */
export interface Judged {
  /** Of those taken for final, the share that is. */
  readonly precision: number
  /** Of those that are final, the share taken for it. */
  readonly recall: number
  /** Of those that are not final, the share taken for it: what costs quality. */
  readonly falsePositives: number
}

interface Scored {
  readonly score: number
  readonly isFinal: boolean
}

/** Every masked position of the examples, by the filter's probability. */
const byFilter = ({ count, block, confidences, labels, masked }: ExampleTable, filter: Filter): Scored[] => {
  const scored: Scored[] = []
  for (let row = 0; row < count; row++) {
    const logits = filter.logits(Float64Array.from(confidences.subarray(row * block, (row + 1) * block)))
    for (let i = 0; i < block; i++) {
      const at = row * block + i
      if (masked[at] === 1) scored.push({ score: 1 / (1 + Math.exp(-logits[i]!)), isFinal: labels[at] === 1 })
    }
  }
  return scored
}

/** The same by its own confidence alone: the threshold rule. */
const byConfidence = ({ confidences, labels, masked }: ExampleTable): Scored[] =>
  Array.from(confidences, (score, at) => ({ score, isFinal: labels[at] === 1 })).filter(
    (_, at) => masked[at] === 1,
  )

const judged = (scored: readonly Scored[], isTaken: (score: number) => boolean): Judged => {
  const taken = scored.filter(({ score }) => isTaken(score))
  const right = taken.filter(({ isFinal }) => isFinal).length
  const final = scored.filter(({ isFinal }) => isFinal).length
  const share = (part: number, of: number, none: number): number => (of === 0 ? none : part / of)
  return {
    precision: share(right, taken.length, 1),
    recall: share(right, final, 0),
    falsePositives: share(taken.length - right, scored.length - final, 0),
  }
}

/** What a filter takes for final above a probability. */
export const judgeFilter = (table: ExampleTable, filter: Filter, threshold: number): Judged =>
  judged(byFilter(table, filter), (score) => score > threshold)

/** The most that a threshold on each confidence alone recalls at a precision of at least so much. */
export const recallAtPrecision = (table: ExampleTable, precision: number): number => {
  const sorted = byConfidence(table).sort((a, b) => b.score - a.score)
  const final = sorted.filter(({ isFinal }) => isFinal).length
  let right = 0
  let best = 0
  for (const [i, { score, isFinal }] of sorted.entries()) {
    if (isFinal) right++
    // A threshold takes equal scores together.
    if (sorted[i + 1]?.score !== score && right / (i + 1) >= precision) best = right
  }
  return final === 0 ? 0 : best / final
}
