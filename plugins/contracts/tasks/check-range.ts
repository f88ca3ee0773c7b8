import * as Effect from "effect/Effect"
import { TaskError } from "./task.ts"

/**
 * Fails where the smallest of something is above its largest. Not a check of the schema, because JSON Schema cannot say
 * it and an editor would then accept what the loader refuses.
 */
export const checkRange = <K extends string>(
  config: Readonly<Record<K, number>>,
  smallest: K,
  largest: K,
): Effect.Effect<void, TaskError> =>
  config[smallest] <= config[largest]
    ? Effect.void
    : Effect.fail(
        new TaskError({
          code: "task.empty-range",
          message: `${smallest} is ${config[smallest]} and ${largest} is ${config[largest]}.`,
          advice: `Make ${smallest} no greater than ${largest}.`,
        }),
      )
