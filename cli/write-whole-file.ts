import { realpath, rename, rm, stat, writeFile } from "node:fs/promises"

/**
 * Writes a file whole, or leaves what was there: a disk that fills up half-way leaves no half of it. What is no file,
 * such as `/dev/stdout`, is written as it is. Rejects with what the file system says.
 */
export const writeWholeFile = async (path: string, text: string): Promise<void> => {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && !found.isFile()) return writeFile(path, text)
  // A link stays one: what it leads to is written.
  const target = found === undefined ? path : await realpath(path)
  const unfinished = `${target}.${process.pid}.tmp`
  try {
    await writeFile(unfinished, text, { flag: "wx" })
    await rename(unfinished, target)
  } catch (cause) {
    await rm(unfinished, { force: true })
    throw cause
  }
}
