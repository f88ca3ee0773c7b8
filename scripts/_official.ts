import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { isPlugin, type Plugin } from "@parade/core"
import { root, type WorkspacePackage, workspacePackages } from "./_packages.ts"

/** A plugin of this repository, and the package that exports it. */
export interface OfficialPlugin {
  readonly plugin: Plugin
  readonly package: WorkspacePackage
}

/** All plugins of the workspace, by kind, then by name. */
export const officialPlugins = async (): Promise<readonly OfficialPlugin[]> => {
  const found: OfficialPlugin[] = []
  for (const item of workspacePackages()) {
    const entry = join(root, item.folder, "mod.ts")
    if (!item.folder.startsWith("plugins/") || !existsSync(entry)) continue
    const exports = (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>
    for (const plugin of new Set(Object.values(exports).filter(isPlugin)))
      found.push({ plugin, package: item })
  }
  const key = ({ plugin }: OfficialPlugin): string => `${plugin.kind.name} ${plugin.name}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** A file of the repository, or nothing. */
export const fileText = (path: string): string | undefined => {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, "utf8") : undefined
}
