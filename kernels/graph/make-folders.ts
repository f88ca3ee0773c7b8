import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * Makes a folder and those it lies in; the first of them that was not there, if any. Throws what the system says. Where
 * nobody makes folders, as in `/proc`, Node's own `recursive` tries for ever instead.
 */
export const makeFolders = (path: string): string | undefined => {
  try {
    mkdirSync(path)
    return path
  } catch (cause) {
    if (isFolder(path)) return undefined
    const parent = dirname(path)
    const { code } = cause as NodeJS.ErrnoException
    if (code !== "ENOENT" || parent === path || isFolder(parent)) throw cause
    const first = makeFolders(parent)
    const own = makeFolders(path)
    return first ?? own
  }
}
