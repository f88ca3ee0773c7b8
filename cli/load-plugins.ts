import { existsSync } from "node:fs"
import { resolve } from "node:path"
import {
  type LoadFailure,
  makeRegistry,
  type ModuleLoader,
  type PluginEntry,
  type Registry,
} from "@parade/core"
import * as Effect from "effect/Effect"
import index from "../registry.json" with { type: "json" }
import { Bundled, OutsidePluginDefect } from "./bundled-mode.ts"
import { type Exports, importModule } from "./import-module.ts"
import { loadReason } from "./load-reason.ts"
import { nearbyFile } from "./nearby-file.ts"
import { officialModules } from "./official-modules.ts"
import { isFilePath, resolveModule } from "./resolve-module.ts"

/** The official plugins, as the generated index has them. */
export const officialPlugins: readonly PluginEntry[] = index.plugins

const failed =
  (file: string) =>
  (cause: unknown): LoadFailure => ({ reason: "failed", message: loadReason(cause, file) })

const missing = (specifier: string, folder: string): LoadFailure => {
  if (!isFilePath(specifier)) return { reason: "notFound", message: `${specifier} is not installed here.` }
  const path = resolve(folder, specifier)
  return {
    reason: "noFile",
    message: existsSync(path) ? `${path} is a folder, not a file.` : `There is no file ${path}.`,
    nearest: nearbyFile(path),
  }
}

const loadFrom =
  (folders: readonly string[]): ModuleLoader =>
  (specifier) =>
    Effect.flatMap(
      Effect.try({ try: () => resolveModule(specifier, folders), catch: failed(specifier) }),
      (file) => {
        if (file === undefined) return Effect.fail(missing(specifier, folders[0] ?? "."))
        const load = Effect.tryPromise({
          try: () => importModule(file, folders),
          catch: failed(file),
        })
        // A plugin from outside has to share effect and the contracts with whoever runs it.
        return Effect.flatMap(Bundled, (bundled) => (bundled ? Effect.die(new OutsidePluginDefect()) : load))
      },
    )

/** Official plugins come with this package, so they are imported from here. */
const loadOfficial = (specifier: string, load: () => Promise<Exports>): ReturnType<ModuleLoader> =>
  Effect.tryPromise({ try: load, catch: failed(specifier) })

/**
 * The official plugins, and any package or file that can be found from a pipeline's folder or the current one.
 * A package is loaded when a pipeline uses it, not before.
 */
export const openRegistry = (base: string): Registry => {
  const nearby = loadFrom([base, "."])
  const load: ModuleLoader = (specifier) => {
    const official = Object.hasOwn(officialModules, specifier) ? officialModules[specifier] : undefined
    return official === undefined ? nearby(specifier) : loadOfficial(specifier, official)
  }
  return makeRegistry({ entries: officialPlugins, load })
}
