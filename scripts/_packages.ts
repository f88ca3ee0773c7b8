import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The parts of a package's manifest that the scripts read. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface WorkspacePackage {
  /** Relative to the root, with `/`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** The folder of the workspace. */
export const root: string = fileURLToPath(new URL("..", import.meta.url))

const expand = (pattern: string): string[] =>
  pattern.split("/").reduce<string[]>(
    (folders, part) =>
      folders.flatMap((folder) => {
        if (part !== "*") return [folder === "" ? part : `${folder}/${part}`]
        return readdirSync(join(root, folder), { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
          .map((entry) => `${folder}/${entry.name}`)
      }),
    [""],
  )

/** Every package of the workspace, in the order of the root manifest. */
export const workspacePackages = (): WorkspacePackage[] => {
  const rootManifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    workspaces: string[]
  }
  return rootManifest.workspaces
    .flatMap(expand)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest,
    }))
}
