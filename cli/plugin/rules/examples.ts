import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import {
  DecoderKind,
  kind,
  type ParadeError,
  parsePipeline,
  type PipelineError,
  validate,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { openRegistry } from "../../load-plugins.ts"
import { readText } from "../../read-text.ts"
import { filesAt } from "../packed-files.ts"
import type { PackageProblem } from "../problem.ts"
import type { Rule } from "./rule.ts"

/** Composes an example as far as nothing is loaded: a pipeline, or whatever its root is. */
const compose = (path: string): Effect.Effect<unknown, ParadeError | PipelineError> =>
  Effect.gen(function* () {
    const value = yield* Effect.flatMap(readText(path), parsePipeline)
    const registry = openRegistry(join(path, ".."))
    const use = typeof value === "object" && value !== null && "use" in value ? value.use : undefined
    const root =
      typeof use === "string"
        ? yield* registry.resolve(use, undefined).pipe(
            Effect.map((plugin) => kind(plugin.kind.name)),
            Effect.orElseSucceed(() => DecoderKind),
          )
        : DecoderKind
    return yield* validate(root, value, registry)
  })

const problemsOf = (file: string, error: ParadeError | PipelineError): readonly PackageProblem[] => {
  if (!("issues" in error))
    return [{ path: file, code: error.code, message: error.message, advice: error.advice }]
  return error.issues.map(({ path, code, message, expected, nearest }) => ({
    path: `${file}: ${path}`,
    code,
    message,
    expected,
    advice: nearest === undefined ? undefined : `Did you mean ${JSON.stringify(nearest)}?`,
  }))
}

/** All examples can be composed, and one uses the plugin. */
export const examples: Rule = Effect.fnUntraced(function* ({ folder, name }) {
  const files = filesAt(folder, "examples").filter((file) => file.endsWith(".json"))
  const own = files.filter((file) => readFileSync(join(folder, file), "utf8").includes(JSON.stringify(name)))
  const none: readonly PackageProblem[] =
    own.length > 0
      ? []
      : [
          {
            path: "examples",
            code: "package.no-example",
            message: existsSync(join(folder, "examples"))
              ? "No example uses the package."
              : "There is no such folder.",
            expected: `a JSON file in which "use" is ${JSON.stringify(name)}`,
          },
        ]
  const found = yield* Effect.forEach(files, (file) =>
    compose(join(folder, file)).pipe(
      Effect.match({
        onSuccess: (): readonly PackageProblem[] => [],
        onFailure: (error) => problemsOf(file, error),
      }),
      // A plugin in it may do anything while its config is read.
      Effect.catchDefect((defect) =>
        Effect.succeed([
          {
            path: file,
            code: "package.example-crashes",
            message: `It cannot be composed: ${String(defect)}.`,
          },
        ]),
      ),
    ),
  )
  return [...none, ...found.flat()]
})
