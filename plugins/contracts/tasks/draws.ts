import { uniform } from "@parade/core"
import { hash } from "./_hash.ts"

/** The choices an example is made of: always the same ones for the same key. */
export interface Draws {
  /** An integer from 0 to below `count`, each equally likely (to one part in 2²⁰). */
  readonly below: (count: number) => number
  /** An integer from `minimum` to `maximum`, both included. */
  readonly between: (minimum: number, maximum: number) => number
  readonly pick: <A>(values: readonly A[]) => A
  /** `count` different integers below `limit`, in random order. */
  readonly distinct: (count: number, limit: number) => number[]
  /** The same values in random order. */
  readonly shuffled: <A>(values: readonly A[]) => A[]
}

/** What one draw of 53 bits must still hold for another choice to be taken from it. */
const reserve = 2 ** 20

/** Draws keyed by a name, a seed and an index; independent of how many others were made for other keys. */
export const drawsFor = (name: string, seed: number, index: number): Draws => {
  const key = hash(`${seed} ${name}`)
  let count = 0
  let value = 0
  let room = 1
  const below = (limit: number): number => {
    if (room < limit * reserve) {
      value = uniform(key, "noise", index, count++) * 0x20000000000000
      room = 0x20000000000000
    }
    const choice = value % limit
    value = (value - choice) / limit
    room /= limit
    return choice
  }
  const pick = <A>(values: readonly A[]): A => values[below(values.length)]!
  return {
    below,
    between: (minimum, maximum) => minimum + below(maximum - minimum + 1),
    pick,
    distinct(amount, limit) {
      // Floyd's algorithm: one draw per value, however large the range.
      const chosen: number[] = []
      for (let top = limit - amount; top < limit; top++) {
        const value = below(top + 1)
        chosen.splice(below(chosen.length + 1), 0, chosen.includes(value) ? top : value)
      }
      return chosen
    },
    shuffled(values) {
      const order = values.slice()
      for (let i = order.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[order[i], order[j]] = [order[j]!, order[i]!]
      }
      return order
    },
  }
}
