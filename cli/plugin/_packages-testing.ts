import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after } from "node:test"
import { fileURLToPath } from "node:url"
import { filesOfTemplate } from "./template.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** For tests: an empty folder outside the repository where its packages are installed; removed when the tests end. */
export const outsideFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-plugin-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  return folder
}

/** A package as `parade plugin new` writes it, with some files written over, or left out where they are `undefined`. */
export const writePackage = (
  folder: string,
  kind: string,
  name: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): string => {
  const files = new Map<string, string | undefined>(filesOfTemplate(kind, name))
  for (const [path, text] of Object.entries(changes)) files.set(path, text)
  const place = join(folder, name)
  for (const [path, text] of files) {
    if (text === undefined) continue
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), text)
  }
  return place
}

/** The manifest of such a package with some fields changed, or left out where they are `undefined`. */
export const manifestWith = (
  kind: string,
  name: string,
  changes: Readonly<Record<string, unknown>>,
): string =>
  JSON.stringify({ ...(JSON.parse(filesOfTemplate(kind, name).get("package.json")!) as object), ...changes })
