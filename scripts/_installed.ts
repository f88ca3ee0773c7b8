import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Runs a program in a folder and gives what it printed; its complaints go to the terminal. */
export const runIn = (folder: string, command: string, options: readonly string[]): string =>
  execFileSync(command, [...options], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] }).toString()

/** A new application in an empty folder, with these tarballs and packages installed. */
export const installInto = (folder: string, packages: Iterable<string>): void => {
  mkdirSync(folder, { recursive: true })
  const manifest = { name: "app", private: true, type: "module" }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2))
  writeFileSync(join(folder, ".npmrc"), "ignore-scripts=true\nfund=false\naudit=false\n")
  runIn(folder, "npm", ["install", "--silent", ...packages])
}
