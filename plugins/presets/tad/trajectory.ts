/** How a canvas was filled while the model was shown the answer. */
export interface Trajectory {
  /** What is asked, as it is asked without the answer. */
  readonly prompt: readonly number[]
  /** The same question with the answer in it. */
  readonly shown: readonly number[]
  /** What the canvas held in the end. */
  readonly tokens: readonly number[]
  /** In which step each position was filled, counted from 0. */
  readonly steps: readonly number[]
}

/** Positions of a canvas by when they were filled: masked in state `s` and filled by state `s + δ`, or later. */
export interface NearAndDistant {
  readonly near: readonly number[]
  readonly distant: readonly number[]
}

/** What of a trajectory's state `s` is filled within the next `δ` steps, and what is not. */
export const nearAndDistant = (
  { steps }: Pick<Trajectory, "steps">,
  state: number,
  delta: number,
): NearAndDistant => {
  const masked = steps.flatMap((step, position) => (step >= state ? [position] : []))
  const isNear = (position: number): boolean => steps[position]! < state + delta
  return { near: masked.filter(isNear), distant: masked.filter((position) => !isNear(position)) }
}

/** States of a trajectory in which something is masked: `0 … statesOf − 1`. */
export const statesOf = ({ steps }: Pick<Trajectory, "steps">): number => 1 + Math.max(...steps)
