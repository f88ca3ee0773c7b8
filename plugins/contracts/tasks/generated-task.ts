import * as Effect from "effect/Effect"
import { type Draws, drawsFor } from "./draws.ts"
import { type Split, splitOf, splits } from "./split.ts"
import { checkPlace, type Exercise, type Task, TaskError } from "./task.ts"

/** An instance before it is known to be of the split that is asked for. */
export interface Instance {
  /** What makes it this exercise and no other: two that differ only in seed, setting or wording have the same. */
  readonly instance: string
  /** Writes it out. May draw on: which of several answers is stored, which wording. */
  readonly render: () => Exercise
}

/** Draws an instance. */
export type Generate = (draws: Draws) => Instance

export interface GeneratedTaskOptions {
  readonly name: string
  readonly description: string
  /** The generator of each category. */
  readonly categories: Readonly<Record<string, Generate>>
}

/** Of a split with at least a thousandth of what a generator draws, an instance is found in this many attempts. */
const attempts = 20_000

const drawOf = (generate: Generate, draws: Draws, split: Split, limit: number): Instance | undefined => {
  for (let attempt = 0; attempt < limit; attempt++) {
    const drawn = generate(draws)
    if (splitOf(drawn.instance) === split) return drawn
  }
  return undefined
}

const empty = (name: string, category: string, split: Split): TaskError =>
  new TaskError({
    code: "task.empty-split",
    message: `The task ${name} has no ${split} example of ${category} at this difficulty.`,
    advice: "Make it more difficult, so that there are more different examples.",
  })

/**
 * A task of generators: instances are drawn until one belongs to the split, so that within a split they keep the
 * generator's distribution. Fails with `task.empty-split` where a category has next to no instance of a split.
 */
export const generatedTask = ({
  name,
  description,
  categories,
}: GeneratedTaskOptions): Effect.Effect<Task, TaskError> =>
  Effect.suspend(() => {
    const entries = Object.entries(categories)
    for (const [category, generate] of entries)
      for (const split of splits)
        if (drawOf(generate, drawsFor(name, 0, 0), split, 1000) === undefined)
          return Effect.fail(empty(name, category, split))
    return Effect.succeed<Task>({
      name,
      description,
      categories: entries.map(([category]) => category),
      example(split, index, seed) {
        checkPlace(index, seed)
        const [category, generate] = entries[index % entries.length]!
        const drawn = drawOf(generate, drawsFor(name, seed, index), split, attempts)
        if (drawn === undefined) throw empty(name, category, split)
        const { prompt, answer, score, space, derivations } = drawn.render()
        return {
          id: `${category}/${split}/${seed}/${index}`,
          category,
          instance: drawn.instance,
          prompt,
          answer,
          score,
          ...(space !== undefined && { space }),
          ...(derivations !== undefined && { derivations }),
        }
      },
    })
  })
