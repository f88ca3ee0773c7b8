import { existsSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { resolveImport } from "./resolve-module.ts"

/** What a module exports. */
export type Exports = Readonly<Record<string, unknown>>

const importFile = (file: string): Promise<Exports> => import(pathToFileURL(file).href) as Promise<Exports>

/** Whether TypeScript can be imported as it is: under Deno, a Node that strips types, or from a source like this one. */
const readsTypeScript = (): boolean =>
  "Deno" in globalThis ||
  import.meta.url.endsWith(".ts") ||
  ((process.features as { readonly typescript?: unknown }).typescript !== undefined &&
    (process.features as { readonly typescript?: unknown }).typescript !== false)

const importTypeScript = async (file: string, folders: readonly string[]): Promise<Exports> => {
  if (readsTypeScript()) return importFile(file)
  const found = folders.flatMap((folder) => resolveImport("tsx/esm/api", folder) ?? []).find(existsSync)
  if (found === undefined)
    throw new Error(
      "This Node does not read TypeScript: compile it, install tsx beside it, or use Node 22.18.",
    )
  ;((await importFile(found)) as unknown as { readonly register: () => void }).register()
  return importFile(file)
}

/** Imports a file; TypeScript where the runtime reads it, or else by the tsx that one of the folders has. */
export const importModule = (file: string, folders: readonly string[]): Promise<Exports> =>
  /\.m?ts$/.test(file) ? importTypeScript(file, folders) : importFile(file)
