import { createHash } from "node:crypto"
import { readdirSync, statSync } from "node:fs"
import { dirname, extname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The files of a folder that end alike, and of those in it. */
const filesOf = (folder: string, end: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(path, end)
    return entry.name.endsWith(end) ? [path] : []
  })

/**
 * Says whether code has changed: by name, length and time of the files beside each of these modules (`import.meta.url`) and in the folders
 * there. `undefined` where a module is no file.
 */
export const codeStamp = (modules: readonly string[]): string | undefined => {
  const hash = createHash("sha256")
  try {
    const folders = new Set(
      modules.map((url) => {
        const path = fileURLToPath(url)
        return `${extname(path)}:${dirname(path)}`
      }),
    )
    for (const place of folders) {
      const [end, folder] = [place.slice(0, place.indexOf(":")), place.slice(place.indexOf(":") + 1)]
      for (const path of filesOf(folder, end)) {
        const { size, mtimeMs } = statSync(path)
        hash.update(`${path}\n${size}\n${mtimeMs}\n`)
      }
    }
  } catch {
    return undefined
  }
  return hash.digest("hex")
}

/** The module of this package, for {@link codeStamp}. */
export const graphModule: string = import.meta.url
