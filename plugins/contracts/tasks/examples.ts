import type { Split } from "./split.ts"
import type { Example, Task } from "./task.ts"

export interface ExampleStream {
  readonly split: Split
  /** Another seed gives another stream. Default 0. */
  readonly seed?: number
  /** The index of the first. Default 0. */
  readonly from?: number
  /** How many; endless where left out. */
  readonly count?: number
}

/** The examples of a task in order, each made when it is asked for. */
export function* examples(
  task: Task,
  { split, seed = 0, from = 0, count = Infinity }: ExampleStream,
): Generator<Example, void, void> {
  for (let i = 0; i < count; i++) yield task.example(split, from + i, seed)
}
