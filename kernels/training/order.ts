import { uniform } from "@parade/core"

/** Numbers `0 … size − 1` in an order that is a function of seed and epoch alone. */
export const permutation = (size: number, seed: number, epoch: number): Uint32Array => {
  const order = Uint32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, "noise", i, epoch) * (i + 1))
    const other = order[j]!
    order[j] = order[i]!
    order[i] = other
  }
  return order
}

/**
 * Which of `size` examples stands at a place of an endless stream: each epoch has all of them in an order of its own.
 * A function of the place, so a run that resumes goes on as if it had never stopped.
 */
export const shuffledPlaces = (size: number, seed: number): ((place: number) => number) => {
  let epoch = -1
  let order: Uint32Array = new Uint32Array(0)
  return (place) => {
    const wanted = Math.floor(place / size)
    if (wanted !== epoch) {
      order = permutation(size, seed, wanted)
      epoch = wanted
    }
    return order[place % size]!
  }
}
