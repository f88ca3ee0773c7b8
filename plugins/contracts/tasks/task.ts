import { type Kind, kind, ParadeError } from "@parade/core"
import type { AnswerSpace } from "./answer-space.ts"
import type { Score } from "./score.ts"
import type { Split } from "./split.ts"

/** Something to answer: what an example holds beside its place in the stream. */
export interface Exercise {
  /** What is asked. The answer follows it directly: `prompt + answer` is a text to train on. */
  readonly prompt: string
  /** A right answer; one of several where there are several. */
  readonly answer: string
  /** What another answer is worth; whitespace around it never matters to `correct`. */
  readonly score: (text: string) => Score
  /** The account of all right answers, where it is known in closed form or small enough to enumerate. */
  readonly space?: () => AnswerSpace
  /**
   * So many ways to the answer that do not need each other, written out, where the task knows several; each is `wrong` from
   * some step on with that probability. The same whenever they are asked for. `chained` ones do need each other: each
   * goes on from the result of the one before.
   */
  readonly derivations?: (count: number, wrong: number, chained?: boolean) => readonly string[]
}

/** One exercise of a task. */
export interface Example extends Exercise {
  /** Unique within the task: category, split, seed and index. */
  readonly id: string
  readonly category: string
  /** What makes it this exercise and no other, in a canonical form; never found in both splits. */
  readonly instance: string
}

/** An endless, seeded stream of examples in two splits that never overlap. */
export interface Task {
  readonly name: string
  /** For reports: what is asked, at which difficulty. Tells settings apart that give other examples. */
  readonly description: string
  /** What `Example.category` can be; the examples of a split go through them in turns. */
  readonly categories: readonly string[]
  /** How many different examples each split has, where they are counted; after these they come again in another order. */
  readonly size?: Readonly<Record<Split, number>>
  /**
   * The example at an index of a split: a pure function, so that a stream can be entered anywhere.
   *
   * @throws TaskError where the index or the seed is no non-negative safe integer.
   */
  readonly example: (split: Split, index: number, seed: number) => Example
}

/** The kind `task`. */
export const TaskKind: Kind<Task> = kind("task")

/** A task that cannot be made, or is asked for an example it cannot have. */
export class TaskError extends ParadeError {
  readonly _tag = "TaskError"
}

/**
 * Makes sure that an index and a seed are non-negative safe integers.
 *
 * @throws TaskError `task.bad-index` or `task.bad-seed` where one is not.
 */
export const checkPlace = (index: number, seed: number): void => {
  for (const [what, value] of [
    ["index", index],
    ["seed", seed],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TaskError({
        code: `task.bad-${what}`,
        message: `${value} is no ${what} of an example.`,
        advice: "It is a non-negative safe integer.",
      })
}
