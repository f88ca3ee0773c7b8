import { existsSync } from "node:fs"
import { dirname, isAbsolute, join, normalize, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import { isWebAddress } from "./_hub-source.ts"

const packageName = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:\/(.+))?$/

const ancestors = (folder: string): readonly string[] => {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...ancestors(parent)]
}

const refuse = (source: string, code: string, message: string, advice: string): WeightsError =>
  new WeightsError({ code, message, advice, path: source })

/** A package is looked for as Node does: in `node_modules` from the base upwards, then from this package upwards. */
const inPackage = (source: string, base: string): string => {
  const [, name, inside = "."] = packageName.exec(source.slice("npm:".length)) ?? []
  if (name === undefined)
    throw refuse(source, "weights.bad-source", "This names no package.", "Write npm:name or npm:name/folder.")
  const within = normalize(inside)
  if (isAbsolute(within) || within === ".." || within.startsWith(`..${sep}`))
    throw refuse(
      source,
      "weights.bad-source",
      "This leads out of the package.",
      "Name a folder of the package.",
    )
  const own = dirname(fileURLToPath(import.meta.url))
  const found = [...ancestors(resolve(base)), ...ancestors(own)]
    .map((folder) => join(folder, "node_modules", name))
    .find((folder) => existsSync(join(folder, "package.json")))
  if (found === undefined)
    throw refuse(
      source,
      "weights.no-package",
      `The package ${name} is not installed.`,
      `Install it with npm install ${name}, or name another model.`,
    )
  const path = join(found, within)
  if (!existsSync(path))
    throw refuse(
      source,
      "weights.no-package",
      `The package ${name} has no ${inside}.`,
      "Look at what it holds.",
    )
  return path
}

/**
 * Where a source stands, seen from a folder: a path as an absolute one, `npm:name/folder` as a folder of an installed
 * package, and `hf:` sources as they are, since only {@link resolveSource} downloads. Fails with `weights.bad-source`
 * or `weights.no-package`.
 */
export const locateSource = (source: string, base: string): Effect.Effect<string, WeightsError> =>
  Effect.try({
    try: () => {
      // A web address is refused for what it is by who resolves it, not for leading to no file.
      if (source.startsWith("hf:") || isWebAddress(source)) return source
      return source.startsWith("npm:") ? inPackage(source, base) : resolve(base, source)
    },
    catch: (cause) => cause as WeightsError,
  })
