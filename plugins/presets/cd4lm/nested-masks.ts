/** How many of an answer's tokens are masked. */
export interface MaskLevels {
  /** The share that the student does not see is at least this (0.40 in the paper). */
  readonly least: number
  /** At most (0.90). */
  readonly most: number
  /** Shorter answers have no more than half of their tokens masked, those of half that length two (20); 0 for none. */
  readonly short: number
}

/** Places of an answer of `length` tokens that are masked. */
export interface NestedMasks {
  /** Of what the student sees (`M_S`). */
  readonly student: readonly number[]
  /** Of what the teacher sees (`M_T ⊆ M_S`). */
  readonly teacher: readonly number[]
}

const clip = (x: number, least: number, most: number): number => Math.min(most, Math.max(least, x))

/**
 * The two mask levels of DSCD: `r_s ~ U(least, most)`, `r_t = r_s · U(0.3, 0.7)` within 0.1 and 0.6, and the first `n_s` and
 * `n_t` places of one permutation, so that what is masked for the teacher is masked for the student as well.
 */
export const nestedMasks = (
  length: number,
  { least, most, short }: MaskLevels,
  draw: () => number,
): NestedMasks => {
  const drawn = least + (most - least) * draw()
  const studentShare = length < short ? Math.min(drawn, 0.5) : drawn
  const teacherShare = clip(drawn * (0.3 + 0.4 * draw()), 0.1, 0.6)
  const tiny = length <= short / 2
  const atLeast = Math.max(2, Math.ceil(0.1 * length))
  const students = Math.min(length, tiny ? 2 : Math.max(Math.floor(length * studentShare), atLeast))
  const teachers = Math.min(students, tiny ? 1 : Math.floor(length * teacherShare))
  const places = Array.from({ length }, (_, i) => i)
  for (let i = 0; i < students; i++) {
    const j = i + Math.floor(draw() * (length - i))
    const chosen = places[j]!
    places[j] = places[i]!
    places[i] = chosen
  }
  return { student: places.slice(0, students), teacher: places.slice(0, teachers) }
}
