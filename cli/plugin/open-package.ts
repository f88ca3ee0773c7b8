import { join, resolve } from "node:path"
import { isPlugin, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import type { CommandError } from "../command-error.ts"
import { importModule } from "../import-module.ts"
import { loadReason } from "../load-reason.ts"
import { exportedPlaces, type Manifest, readManifest } from "./manifest.ts"
import type { PackageProblem } from "./problem.ts"
import { unbundled } from "./unbundled.ts"

/** A package, and the plugins that it exports. */
export interface OpenPackage {
  readonly folder: string
  readonly manifest: Manifest
  /** What the manifest says; empty where it says none. */
  readonly name: string
  readonly version: string
  readonly plugins: readonly Plugin[]
  /** Why modules that it exports cannot be loaded. */
  readonly failures: readonly PackageProblem[]
}

const isCode = (file: string): boolean => /(?<!\.d)\.[mc]?[jt]s$/.test(file)

/** Reads a package and loads all modules that it exports. */
export const openPackage: (folder: string) => Effect.Effect<OpenPackage, CommandError> = Effect.fnUntraced(
  function* (folder) {
    yield* unbundled
    const root = resolve(folder)
    const manifest = yield* readManifest(root)
    const plugins = new Set<Plugin>()
    const failures: PackageProblem[] = []
    for (const file of new Set(exportedPlaces(manifest).map(({ file }) => file))) {
      if (!isCode(file)) continue
      const path = join(root, file)
      yield* Effect.tryPromise({
        try: () => importModule(path, [root]),
        catch: (cause): PackageProblem => ({
          path: file,
          code: "package.unloadable",
          message: `This module cannot be loaded: ${loadReason(cause, path)}`,
          advice: "Where a package that it imports is missing, run npm install.",
        }),
      }).pipe(
        Effect.match({
          onSuccess: (exports) =>
            Object.values(exports)
              .filter(isPlugin)
              .forEach((plugin) => plugins.add(plugin)),
          onFailure: (problem) => failures.push(problem),
        }),
      )
    }
    const { name, version } = manifest
    return {
      folder: root,
      manifest,
      name: typeof name === "string" ? name : "",
      version: typeof version === "string" ? version : "",
      plugins: [...plugins],
      failures,
    }
  },
)
