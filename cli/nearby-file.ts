import { readdirSync } from "node:fs"
import { basename, dirname } from "node:path"
import { nearest } from "@parade/core"

/** The file beside a path that leads nowhere which was probably meant. */
export const nearbyFile = (path: string): string | undefined => {
  try {
    return nearest(basename(path), readdirSync(dirname(path)))
  } catch {
    return undefined
  }
}
