import type { Accuracy } from "@parade/drafting"

/** A running estimate of how often something happens, which forgets slowly. */
interface Frequency {
  happened: number
  observed: number
}

/** An observation counts for this much less with every later one of its kind: the memory is some 20 of them. */
const decay = 0.95

/** Observations that the first guess is worth. */
const priorWeight = 3

/** Confidences are told apart in steps of this. */
const buckets = 12

/** Levels are told apart up to this one. */
const levels = 16

const record = (frequency: Frequency, happened: boolean): void => {
  frequency.happened = decay * frequency.happened + (happened ? 1 : 0)
  frequency.observed = decay * frequency.observed + 1
}

const estimate = (frequency: Frequency, prior: number): number =>
  (frequency.happened + priorWeight * prior) / (frequency.observed + priorWeight)

const frequencies = (count: number): readonly Frequency[] =>
  Array.from({ length: count }, () => ({ happened: 0, observed: 0 }))

/** How often drafts have stood so far. */
export interface Acceptance {
  /** The chance that a node stands where its parent does; `confidence` is the drafter's own guess, if it has one. */
  readonly ofNode: (confidence: number | undefined, level: number) => number
  /** The chance that any node of a level (from 1) stands where one of the level before does. */
  readonly ofLevel: (level: number) => number
  readonly recordNode: (confidence: number | undefined, level: number, stood: boolean) => void
  readonly recordLevel: (level: number, stood: boolean) => void
}

/**
 * Counts acceptance by the drafter's confidence, which it so calibrates, and by level. Before anything is observed a
 * confidence is believed, and of levels what the drafter declares; without either the chance is one half.
 */
export const makeAcceptance = (declared: Accuracy = []): Acceptance => {
  const byConfidence = frequencies(buckets)
  const nodesByLevel = frequencies(levels)
  const byLevel = frequencies(levels)
  const levelIndex = (level: number) => Math.min(level, levels) - 1
  const bucket = (confidence: number): Frequency =>
    byConfidence[Math.min(buckets - 1, Math.max(0, Math.floor(buckets * confidence)))]!
  /** What is known of the level before is the best guess for one that has hardly been seen. */
  const atLevel = (list: readonly Frequency[], level: number): number => {
    let chance = 0.5
    for (let i = 0; i <= levelIndex(level); i++) chance = estimate(list[i]!, declared[i]?.[0] ?? chance)
    return chance
  }
  return {
    ofNode: (confidence, level) =>
      confidence === undefined ? atLevel(nodesByLevel, level) : estimate(bucket(confidence), confidence),
    ofLevel: (level) => atLevel(byLevel, level),
    recordNode: (confidence, level, stood) =>
      record(confidence === undefined ? nodesByLevel[levelIndex(level)]! : bucket(confidence), stood),
    recordLevel: (level, stood) => record(byLevel[levelIndex(level)]!, stood),
  }
}
