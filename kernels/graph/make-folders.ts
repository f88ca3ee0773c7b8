import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * Makes a folder and those it lies in. Throws what the system says. Where nobody makes folders, as in `/proc`, Node's own
 * `recursive` tries for ever instead.
 */
export const makeFolders = (path: string): void => {
  try {
    mkdirSync(path)
  } catch (cause) {
    if (isFolder(path)) return
    const parent = dirname(path)
    const { code } = cause as NodeJS.ErrnoException
    if (code !== "ENOENT" || parent === path || isFolder(parent)) throw cause
    makeFolders(parent)
    makeFolders(path)
  }
}
