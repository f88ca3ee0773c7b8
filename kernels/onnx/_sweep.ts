import { lstat, readdir, rm } from "node:fs/promises"
import { join } from "node:path"

const HOUR = 3_600_000

/** Graphs that nobody started from for so long are taken for out of use. */
const UNUSED = 30 * 24 * HOUR

/** Folders being written, or moved aside, have more than a name of hexadecimal digits. */
const isWhole = (name: string): boolean => /^[0-9a-f]+$/.test(name)

/** Remove graphs long out of use, and what processes that were killed left half-written. */
export const sweep = async (graphs: string, now: number = Date.now()): Promise<void> => {
  for (const name of await readdir(graphs).catch(() => [])) {
    const path = join(graphs, name)
    const age = now - ((await lstat(path).catch(() => undefined))?.mtimeMs ?? now)
    if (age > (isWhole(name) ? UNUSED : HOUR))
      await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}
