import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** The folder of reference files, where there is one. */
export const shared: string = resolve(root, process.env["PARADE_SHARED"] ?? "../shared")

/** What to tell `test` about a folder that may be missing. */
export const needs = (folder: string): { skip: string | false } => ({
  skip: existsSync(resolve(shared, folder)) ? false : `${folder} is missing; set PARADE_SHARED`,
})
