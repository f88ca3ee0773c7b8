import { resolve } from "node:path"
import { bareName, nearest } from "@parade/core"
import * as Effect from "effect/Effect"
import { CommandError } from "../command-error.ts"
import { officialPlugins } from "../load-plugins.ts"
import { templateKinds, withoutTemplate } from "./kinds.ts"
import { nameProblem } from "./package-name.ts"
import { filesOfTemplate } from "./template.ts"
import { writeFolder } from "./write-folder.ts"

const checkName = (name: string): Effect.Effect<void, CommandError> => {
  const problem = nameProblem(name, officialPlugins)
  return problem === undefined
    ? Effect.void
    : Effect.fail(new CommandError({ code: "command.bad-package-name", ...problem }))
}

const checkKind = (kind: string): Effect.Effect<void, CommandError> => {
  const kinds = templateKinds
  if (kinds.includes(kind)) return Effect.void
  const why = withoutTemplate.get(kind)
  const meant = why === undefined ? nearest(kind, kinds) : undefined
  return Effect.fail(
    new CommandError({
      code: why === undefined ? "command.unknown-kind" : "command.no-template",
      message:
        why === undefined
          ? `There is no template of the kind ${JSON.stringify(kind)}.`
          : `There is no template of a ${kind}. ${why}`,
      advice: `${meant === undefined ? "" : `Did you mean ${JSON.stringify(meant)}? `}There are: ${kinds.join(", ")}.`,
    }),
  )
}

/** A package that was written. */
export interface NewPackage {
  readonly folder: string
  readonly files: ReadonlyMap<string, string>
}

/**
 * Writes a package of a kind that works: into a folder that is empty or not there yet, all of it or nothing. Fails with
 * `command.bad-package-name`, `command.unknown-kind`, `command.no-template`, `command.folder-exists`.
 */
export const newPackage: (
  name: string,
  kind: string,
  out?: string,
) => Effect.Effect<NewPackage, CommandError> = Effect.fnUntraced(function* (name, kind, out) {
  yield* checkName(name)
  yield* checkKind(kind)
  const folder = resolve(out ?? bareName(name))
  const files = filesOfTemplate(kind, name)
  yield* writeFolder(folder, files)
  return { folder, files }
})
