import { existsSync, readFileSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"

/** Whether a `use` is a file rather than a package. */
export const isFilePath = (specifier: string): boolean => /^(\.{1,2}[/\\]|\/|[A-Za-z]:[\\/])/.test(specifier)

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

const conditions = new Set(["node", "import", "default"])

/** The file an `exports` entry leads to for an import. */
const target = (entry: unknown): string | undefined => {
  if (typeof entry === "string") return entry
  if (Array.isArray(entry)) return entry.map(target).find((found) => found !== undefined)
  if (typeof entry !== "object" || entry === null) return undefined
  for (const [condition, inner] of Object.entries(entry))
    if (conditions.has(condition)) {
      const found = target(inner)
      if (found !== undefined) return found
    }
  return undefined
}

/**
 * The file that an import of a package leads to, as the folder finds it; `undefined` where there is none. `require.resolve`
 * does not see what is exported for `import` alone, and gives another file where both are.
 */
export const resolveImport = (specifier: string, folder: string): string | undefined => {
  const [, name, rest] = /^(@[^/]+\/[^/]+|[^/]+)(.*)$/.exec(specifier)!
  for (let at = resolve(folder); ; at = dirname(at)) {
    const home = join(at, "node_modules", name!)
    const manifest = join(home, "package.json")
    if (isFile(manifest)) {
      const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly exports?: unknown }
      const byPath =
        typeof exports === "object" && exports !== null && Object.keys(exports)[0]?.startsWith(".") === true
      const paths = (byPath ? exports : { ".": exports }) as Readonly<Record<string, unknown>>
      const found = target(paths[`.${rest}`])
      return found === undefined ? undefined : join(home, found)
    }
    if (dirname(at) === at) return undefined
  }
}

/**
 * The file a plugin's `use` leads to: a path from the first folder, or a package as the first of the folders that
 * knows it finds it. `undefined` where there is none.
 */
export const resolveModule = (specifier: string, folders: readonly string[]): string | undefined => {
  if (isFilePath(specifier)) {
    const file = resolve(folders[0] ?? ".", specifier)
    return isFile(file) ? file : undefined
  }
  for (const folder of folders) {
    try {
      const file = createRequire(join(resolve(folder), "_")).resolve(specifier)
      // A bare name may be a module of the runtime itself, which is no plugin.
      if (isFile(file)) return file
    } catch {
      const file = resolveImport(specifier, folder)
      if (file !== undefined && isFile(file)) return file
    }
  }
  return undefined
}
