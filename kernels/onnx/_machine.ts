import { createHash } from "node:crypto"
import { availableParallelism, cpus } from "node:os"
import { join } from "node:path"

/** The file of a measurement that depends on this machine, and on whatever `key` says. */
export const measurementPath = (cacheFolder: string, kind: string, key: readonly string[]): string => {
  const machine = [process.arch, cpus()[0]?.model ?? "", `${availableParallelism()}`]
  const hash = createHash("sha256").update([...machine, ...key].join("\n"))
  return join(cacheFolder, kind, `${hash.digest("hex").slice(0, 32)}.json`)
}
