import { exerciseStream, type TextAndTasks } from "@parade/model-recipes"
import { streamSource, taskSource, type TokenSource } from "@parade/recipes"
import type { TrainingError } from "@parade/training"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"

/** A source, and what a model that counts may count of it: all there is, or as much as `exerciseStream` gives. */
export interface CountedSource extends TokenSource {
  readonly counted: () => Int32Array
}

/** What the model is trained on and judged by: the text, then the tasks. */
export const sourcesOf = (
  { seed, length }: TinyTextConfig,
  { text, tasks, encode }: TextAndTasks,
): Effect.Effect<readonly CountedSource[], TrainingError> =>
  Effect.try({
    try: () => [
      { ...streamSource({ ...text, length, seed }), counted: () => text.train },
      ...tasks.map(({ name, task }) => ({
        ...taskSource({ name, task, encode, length, seed }),
        counted: () => exerciseStream(task, encode, seed),
      })),
    ],
    catch: (cause) => cause as TrainingError,
  })
