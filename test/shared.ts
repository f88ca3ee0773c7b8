import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** The part of a test context that {@link sharedOrSkip} needs; node:test's is one. */
export interface SkippingContext {
  readonly skip: (reason: string) => void
}

const isWorkspaceRoot = (folder: string): boolean => {
  const file = join(folder, "package.json")
  return existsSync(file) && "workspaces" in (JSON.parse(readFileSync(file, "utf8")) as object)
}

const findRepositoryRoot = (): string | undefined => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!isWorkspaceRoot(folder)) {
    const parent = dirname(folder)
    if (parent === folder) return undefined
    folder = parent
  }
  return folder
}

/** The root of the workspace this file lies in; `undefined` outside one. */
export const repositoryRoot: string | undefined = findRepositoryRoot()

/**
 * The folder of fixtures, models and data too large for the repository: `PARADE_SHARED`, or `../shared`, from the
 * repository root. It need not exist.
 */
export const sharedRoot: string = resolve(repositoryRoot ?? ".", process.env["PARADE_SHARED"] ?? "../shared")

/**
 * A file or folder inside the shared folder; `undefined` where it is missing.
 *
 * @example
 * ```ts
 * import { sharedFolder } from "@parade/test/shared"
 *
 * const gguf = sharedFolder("fixtures", "gguf")
 * console.assert(gguf === undefined || gguf.endsWith("gguf"))
 * ```
 */
export const sharedFolder = (...parts: readonly string[]): string | undefined => {
  const path = join(sharedRoot, ...parts)
  return existsSync(path) ? path : undefined
}

/** As {@link sharedFolder}, and where it is missing the test is skipped with the reason. */
export const sharedOrSkip = (test: SkippingContext, ...parts: readonly string[]): string | undefined => {
  const path = sharedFolder(...parts)
  if (path === undefined)
    test.skip(`There is no ${join(sharedRoot, ...parts)}; PARADE_SHARED names another shared folder.`)
  return path
}
