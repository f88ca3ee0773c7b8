import { lstatSync, readdirSync } from "node:fs"
import { join, normalize } from "node:path"
import { list, type Manifest, strings } from "./manifest.ts"

/** What of a package is packed beside what is made of its sources, as the manifest and npm's habits name it. */
export const packedPaths = (folder: string, manifest: Manifest): readonly string[] => {
  const always = readdirSync(folder).filter((name) => /^(readme|licen[cs]e|notice)(\.|$)/i.test(name))
  const bins = typeof manifest.bin === "string" ? [manifest.bin] : Object.values(strings(manifest.bin))
  return [
    ...new Set(
      [...always, ...list(manifest.files), ...bins].map((path) => normalize(path).replace(/[/\\]$/, "")),
    ),
  ]
}

/** Whether a path leads out of the folder that it starts from. */
export const leadsOut = (path: string): boolean => /^(\.\.([/\\]|$)|[/\\]|[A-Za-z]:)/.test(normalize(path))

/** Whether npm would read a path of `files` as a pattern. */
export const isPattern = (path: string): boolean => /[*?[\]{}!]/.test(path)

/** The files at a path and under it, with `/`, but for installed packages, and links, which npm does not pack. */
export const filesAt = (folder: string, path: string): readonly string[] => {
  const at = join(folder, path)
  const found = lstatSync(at, { throwIfNoEntry: false })
  if (found?.isFile() === true) return [path.replaceAll("\\", "/")]
  if (found?.isDirectory() !== true) return []
  return readdirSync(at)
    .filter((name) => name !== "node_modules" && name !== ".git")
    .flatMap((name) => filesAt(folder, join(path, name)))
}

/** Every file that is packed as it is, by its path in the package. */
export const packedFiles = (folder: string, manifest: Manifest): readonly string[] => [
  "package.json",
  ...new Set(
    packedPaths(folder, manifest)
      .filter((path) => !leadsOut(path) && !isPattern(path))
      .flatMap((path) => filesAt(folder, path)),
  ),
]
