import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { ParadeError } from "@parade/core"
import { RecipeError } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"
import { shuffledPlaces, writeWhole } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { NamedTask } from "./tune.ts"

/** What a checkpoint has made itself of the questions of tasks, and is trained on then. */
export type OwnWork<A> = Readonly<Record<Split, readonly (readonly A[])[]>>

/** Makes it for some questions of a task. */
export type Maker<A, E> = (task: Task, split: Split, count: number) => Effect.Effect<readonly A[], E>

/** How such work is come by. */
export interface OwnWorkOptions<A, E> {
  /** The folder of the run. */
  readonly folder: string
  /** The file in it that keeps what was made, for as long as `decisive` is the same. */
  readonly file: string
  readonly decisive: unknown
  readonly tasks: readonly NamedTask[]
  /** Questions of each task. */
  readonly counts: Readonly<Record<Split, number>>
  /** Opened only where it is made anew. */
  readonly maker: Effect.Effect<Maker<A, E>, E, Scope>
}

/** Makes it once for every task and split, or reads what was made before. */
export const ownWork = <A, E extends ParadeError>({
  folder,
  file,
  decisive,
  tasks,
  counts,
  maker,
}: OwnWorkOptions<A, E>): Effect.Effect<OwnWork<A>, E | ParadeError> =>
  Effect.suspend((): Effect.Effect<OwnWork<A>, E | ParadeError> => {
    const key = createHash("sha256")
      .update(JSON.stringify([counts, decisive]))
      .digest("hex")
    const path = join(folder, file)
    if (existsSync(path)) {
      const kept = JSON.parse(readFileSync(path, "utf8")) as {
        readonly key: string
        readonly work: OwnWork<A>
      }
      if (kept.key === key) return Effect.succeed(kept.work)
    }
    const made = Effect.flatMap(maker, (make) => {
      const of = (split: Split) => Effect.forEach(tasks, ({ task }) => make(task, split, counts[split]))
      return Effect.all({ train: of("train"), test: of("test") })
    })
    return Effect.tap(Effect.scoped(made), (work) => writeWhole(path, JSON.stringify({ key, work })))
  })

/** The first task of which a checkpoint has made nothing, where there is one. */
export const nothingMade = <A>(
  { train, test }: OwnWork<A>,
  tasks: readonly NamedTask[],
): string | undefined => tasks.find((_, i) => train[i]!.length === 0 || test[i]!.length === 0)?.task.name

/** The greatest number that anything of it gives. */
export const mostOf = <A>({ train, test }: OwnWork<A>, measure: (one: A) => number): number =>
  [train, test].flat(2).reduce((most, one) => Math.max(most, measure(one)), -Infinity)

/** Each list again and again, in an order of its own. */
export const endless = <A>(
  { train, test }: OwnWork<A>,
  seed: number,
): ((split: Split, task: number) => (index: number) => A) => {
  const streams = {
    train: train.map((list) => stream(list, seed)),
    test: test.map((list) => stream(list, seed)),
  }
  return (split, task) => streams[split][task]!
}

const stream = <A>(list: readonly A[], seed: number): ((index: number) => A) => {
  const place = shuffledPlaces(list.length, seed)
  return (index) => list[place(index)]!
}

/** Refuses questions that take more tokens with their canvas than a sequence has. */
export const checkFits = (
  longest: number,
  length: number,
  path: string,
  remedy = "",
): Effect.Effect<void, RecipeError> =>
  longest <= length
    ? Effect.void
    : Effect.fail(
        new RecipeError({
          code: "recipe.too-long",
          message: `A question with its canvas takes ${longest} tokens, a sequence has ${length}.`,
          advice: `Set length to at least ${longest}${remedy}.`,
          path,
        }),
      )
