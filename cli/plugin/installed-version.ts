import { dirname, join } from "node:path"
import { textOf } from "./text-of.ts"

/** The version of a package that is installed where a folder looks for it; `undefined` where none is. */
export const installedVersion = (name: string, folder: string): string | undefined => {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = textOf(join(at, "node_modules", name, "package.json"))
    if (manifest !== undefined) return (JSON.parse(manifest) as { readonly version?: string }).version
    if (dirname(at) === at) return undefined
  }
}
