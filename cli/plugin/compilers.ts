import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { CommandError } from "../command-error.ts"
import { type Ran, runProgram } from "./run-program.ts"
import type { Bundle } from "./stage.ts"

/** A file of a package that the package in a folder has installed. */
const installed = (folder: string, specifier: string, name: string): Effect.Effect<string, CommandError> =>
  Effect.try({
    try: () => createRequire(join(folder, "_")).resolve(specifier),
    catch: (cause) =>
      new CommandError({
        code: "command.no-compiler",
        path: folder,
        message: `The package has no ${name} installed, and its sources have to be compiled.`,
        advice: `Run npm install --save-dev ${name} there.`,
        cause,
      }),
  })

/** The esbuild that a package has installed. */
export const bundlerOf: (folder: string) => Effect.Effect<Bundle, CommandError> = Effect.fnUntraced(
  function* (folder) {
    const file = yield* installed(folder, "esbuild", "esbuild")
    const { build } = yield* Effect.promise(
      () => import(pathToFileURL(file).href) as Promise<{ readonly build: Bundle }>,
    )
    return build
  },
)

const firstLines = ({ out, err }: Ran): string => `${out}${err}`.trim().split("\n").slice(0, 20).join("\n")

/** Writes the declarations of a package's sources into a folder, by the TypeScript that it has installed. */
export const writeDeclarations: (folder: string, into: string) => Effect.Effect<void, CommandError> =
  Effect.fnUntraced(function* (folder, into) {
    const manifest = yield* installed(folder, "typescript/package.json", "typescript")
    const compiler = join(dirname(manifest), "bin", "tsc")
    const emit = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", into]
    const args = [compiler, "--project", folder, ...emit, "--rootDir", folder]
    const ran = yield* runProgram(process.execPath, args, folder)
    if (ran.status !== 0)
      return yield* Effect.fail(
        new CommandError({
          code: "command.wrong-types",
          path: folder,
          message: `The sources do not pass the TypeScript compiler:\n${firstLines(ran)}\n`,
          advice: "Run npm run check there.",
        }),
      )
  })
