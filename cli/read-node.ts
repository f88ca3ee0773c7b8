import { dirname, resolve } from "node:path"
import {
  applyOverrides,
  build,
  type Kind,
  type ParadeError,
  parsePipeline,
  type PipelineError,
  validate,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { openRegistry } from "./load-plugins.ts"
import { parseSet } from "./read-pipeline.ts"
import { readText } from "./read-text.ts"

/** What a plugin's name stands for, with or without its scope, or a file that says `use` and `with` as a pipeline does. */
const written = (
  named: string,
): Effect.Effect<{ readonly value: unknown; readonly base: string }, ParadeError> => {
  if (named.endsWith(".json"))
    return readText(named).pipe(
      Effect.flatMap(parsePipeline),
      Effect.map((value) => ({ value, base: dirname(resolve(named)) })),
    )
  const use = /[@./\\]/.test(named) ? named : `@parade/${named}`
  return Effect.succeed({ value: { use }, base: process.cwd() })
}

/** Something of a kind (a recipe, a task) by name or file, composed with what `--set` changes of it. */
export const readNode = <A>(
  kind: Kind<A>,
  named: string,
  set: readonly string[] = [],
): Effect.Effect<A, ParadeError | PipelineError, Scope> =>
  Effect.gen(function* () {
    const { value, base } = yield* written(named)
    const registry = openRegistry(base)
    const overrides = yield* Effect.forEach(set, parseSet)
    const changed = yield* applyOverrides(kind, value, overrides, registry)
    // The plan was checked to have one of the kind at its root.
    return (yield* build(yield* validate(kind, changed, registry), base)) as A
  })
