import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { outPaint, writeOut } from "../output.ts"
import { problemsOf } from "./check-package.ts"
import { fitPackage } from "./fit-package.ts"
import { openPackage, type OpenPackage } from "./open-package.ts"
import { PackageError } from "./problem.ts"

/** The folder of a package as an argument. */
export const folderArgument: Argument.Argument<string> = Argument.String("DIR").pipe(
  Argument.withDescription("The package; the current folder when left out"),
  Argument.withDefault("."),
)

/** A package and its plugins in one line. */
export const titleOf = ({ name, version, plugins }: OpenPackage): string => {
  const said = plugins.map((plugin) =>
    plugin.name === name ? plugin.kind.name : `${plugin.name} (${plugin.kind.name})`,
  )
  return `${outPaint().bold(`${name} ${version}`)}: ${said.join(", ")}`
}

/** What was found, as JSON for programs; the failure then says it again for people. */
const checkAsJson = Effect.fnUntraced(function* (folder: string) {
  const subject = yield* openPackage(folder)
  const problems = yield* problemsOf(subject)
  const { name, version, plugins } = subject
  const found = {
    name,
    version,
    plugins: plugins.map((plugin) => ({ name: plugin.name, kind: plugin.kind.name })),
    problems,
  }
  yield* writeOut(`${JSON.stringify(found, null, 2)}\n`)
  const [first, ...rest] = problems
  if (first !== undefined) return yield* Effect.fail(new PackageError(subject.folder, [first, ...rest]))
})

/** `parade plugin check`. */
export const checkCommand: Command.Command.Any = Command.make(
  "check",
  {
    folder: folderArgument,
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print name, version, plugins and problems as JSON"),
      Flag.withDefault(false),
    ),
  },
  ({ folder, json }) =>
    json
      ? checkAsJson(folder)
      : Effect.flatMap(fitPackage(folder), (subject) =>
          writeOut(`${titleOf(subject)}\n${outPaint().green("Fit to be published.")}\n`),
        ),
).pipe(Command.withDescription("Say everything that keeps a package from being a fit plugin"))
