import { hash } from "./_hash.ts"
import { permuted } from "./permutation.ts"
import type { Split } from "./split.ts"
import { checkPlace, type Exercise, type Task } from "./task.ts"

export interface CollectionTaskOptions {
  readonly name: string
  readonly description: string
  readonly category: string
  /** How many exercises each split has; at least one. */
  readonly size: Readonly<Record<Split, number>>
  /** The exercise at a place below the size, and the name of its instance. */
  readonly at: (split: Split, place: number) => Exercise & { readonly instance: string }
}

/** A task of given exercises: every one comes once before any comes again, each time round in another order. */
export const collectionTask = ({ name, description, category, size, at }: CollectionTaskOptions): Task => ({
  name,
  description,
  categories: [category],
  size,
  example(split, index, seed) {
    checkPlace(index, seed)
    const count = size[split]
    const key = hash(`${seed} ${split} ${name}`)
    const place = permuted(index % count, count, key, Math.floor(index / count))
    return { id: `${category}/${split}/${seed}/${index}`, category, ...at(split, place) }
  },
})
