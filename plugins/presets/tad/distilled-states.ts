import type { DistilledSequence } from "@parade/model-adaptation"
import { nearAndDistant, type Trajectory } from "./trajectory.ts"

/** A state of a trajectory. */
export interface TrajectoryState {
  readonly trajectory: Trajectory
  /** Steps that were taken before it. */
  readonly state: number
}

export interface DistilledStatesOptions {
  /** Tokens of the sequence. */
  readonly length: number
  readonly mask: number
  /** Steps that are near (`δ`). */
  readonly delta: number
}

/** Rows that the longer of a trajectory's two prompts and its canvas take. */
export const rowsOf = ({ prompt, shown, tokens }: Trajectory): number =>
  Math.max(prompt.length, shown.length) + tokens.length

/**
 * States side by side in one sequence, each behind the question for the student, and behind the question with the answer
 * in it for the teacher. What was filled within the next `δ` steps counts in the cross-entropy with what it was filled
 * with, what is filled later in the divergence from the teacher, nothing in both. What is watched is the divergence at what
 * is near.
 */
export const distilledStates = (
  states: readonly TrajectoryState[],
  { length, mask, delta }: DistilledStatesOptions,
): DistilledSequence => {
  const whole = () => ({
    tokens: new Int32Array(length).fill(mask),
    positions: new Int32Array(length),
    branches: new Int32Array(length).fill(states.length),
  })
  const [student, teacher] = [whole(), whole()]
  const places = Int32Array.from({ length }, (_, place) => place)
  const targets = new Int32Array(length)
  const weights = {
    hard: new Float32Array(length),
    soft: new Float32Array(length),
    watched: new Float32Array(length),
  }
  const put = (
    { tokens, positions, branches }: ReturnType<typeof whole>,
    start: number,
    branch: number,
    row: readonly number[],
  ): void => {
    tokens.set(row, start)
    row.forEach((_, i) => {
      positions[start + i] = i
      branches[start + i] = branch
    })
  }
  let start = 0
  states.forEach(({ trajectory, state }, branch) => {
    const { prompt, shown, tokens, steps } = trajectory
    const cells = tokens.map((token, position) => (steps[position]! < state ? token : mask))
    put(student, start, branch, [...prompt, ...cells])
    put(teacher, start, branch, [...shown, ...cells])
    const { near, distant } = nearAndDistant(trajectory, state, delta)
    const at = start + prompt.length
    tokens.forEach((token, position) => {
      places[at + position] = start + shown.length + position
      targets[at + position] = token
    })
    for (const position of near) {
      weights.hard[at + position] = 1
      weights.watched[at + position] = 1
    }
    for (const position of distant) weights.soft[at + position] = 1
    start += rowsOf(trajectory)
  })
  const sequence = ({ tokens, positions, branches }: ReturnType<typeof whole>) => ({
    tokens,
    positions,
    visibility: { rule: "branches", branches, mutual: true } as const,
  })
  return { student: sequence(student), teacher: sequence(teacher), places, targets, weights }
}

/** As many of an endless stream of states as there is room for in a sequence, and how many they are. */
export const packed = (
  states: (index: number) => TrajectoryState,
  length: number,
): readonly TrajectoryState[] => {
  const some: TrajectoryState[] = []
  let left = length
  for (let i = 0; ; i++) {
    const next = states(i)
    left -= rowsOf(next.trajectory)
    if (left < 0) return some
    some.push(next)
  }
}
