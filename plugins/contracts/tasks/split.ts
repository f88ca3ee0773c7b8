import { hash } from "./_hash.ts"

/** What an example is for. */
export type Split = "train" | "test"

/** Both. */
export const splits: readonly Split[] = ["train", "test"]

/** The share of all instances that is held out for testing. */
export const testShare: number = 1 / 8

/**
 * The split an instance belongs to: a hash of its canonical text decides, and nothing else does. So no seed, setting
 * or task that describes its instances in the same way can bring one into the other split.
 *
 * @example
 * ```ts
 * import { splitOf } from "@parade/tasks"
 *
 * console.log(splitOf("list A B C") === splitOf("list A B C")) // true
 * ```
 */
export const splitOf = (instance: string): Split =>
  hash(instance) < testShare * 0x20000000000000 ? "test" : "train"
