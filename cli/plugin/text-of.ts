import { existsSync, readFileSync, statSync } from "node:fs"

/** The text of a file; `undefined` where there is none, or something that is no file. */
export const textOf = (path: string): string | undefined =>
  existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8") : undefined
