import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { entryOf, isPlugin, type Plugin, type PluginEntry } from "@parade/core"
import * as Effect from "effect/Effect"
import { Bundled, OutsidePluginDefect } from "./bundled-mode.ts"
import { CommandError } from "./command-error.ts"

/** A plugin of a workspace, and its line in the index. */
export interface IndexedPlugin {
  readonly plugin: Plugin
  /** `path`: the folder of its package, from the workspace's. */
  readonly entry: PluginEntry & { readonly path: string }
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly private?: boolean
  readonly workspaces?: readonly string[]
  readonly exports?: Readonly<Record<string, unknown>> | string
}

const bad = (path: string, message: string, cause?: unknown): CommandError =>
  new CommandError({ code: "command.bad-workspace", path, message, cause })

const readManifest = (folder: string): Effect.Effect<Manifest, CommandError> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
    catch: (cause) => bad(join(folder, "package.json"), "There is no readable package.json here.", cause),
  })

/** The folders a workspace pattern names; `*` stands for any one folder. */
const expand = (root: string, pattern: string): readonly string[] =>
  pattern.split("/").reduce<readonly string[]>(
    (folders, part) =>
      folders.flatMap((folder) => {
        if (part !== "*") return [join(folder, part)]
        const at = join(root, folder)
        return existsSync(at)
          ? readdirSync(at, { withFileTypes: true })
              .filter((item) => item.isDirectory() && item.name !== "node_modules")
              .map((item) => join(folder, item.name))
          : []
      }),
    [""],
  )

/** The file a package's main export leads to. */
const entryFile = ({ exports }: Manifest): string | undefined => {
  const main: unknown = typeof exports === "object" ? exports["."] : exports
  const file: unknown =
    typeof main === "object" && main !== null ? (main as { default?: unknown }).default : main
  return typeof file === "string" ? file : undefined
}

const indexPackage = Effect.fnUntraced(function* (root: string, path: string) {
  const manifest = yield* readManifest(join(root, path))
  const file = entryFile(manifest)
  // What is not published cannot be installed by who reads the index.
  if (file === undefined || manifest.name === undefined || manifest.private === true) return []
  const exports = yield* Effect.tryPromise({
    try: () =>
      import(pathToFileURL(join(root, path, file)).href) as Promise<Readonly<Record<string, unknown>>>,
    catch: (cause) => bad(path, `This package cannot be loaded: ${String(cause)}`, cause),
  })
  const plugins = new Set(Object.values(exports).filter(isPlugin))
  return [...plugins].map((plugin): IndexedPlugin => {
    const entry = entryOf(plugin, manifest.name!, manifest.version ?? "0.0.0")
    return { plugin, entry: { ...entry, path: path.replaceAll("\\", "/") } }
  })
})

const order = ({ entry }: IndexedPlugin): string => `${entry.kind} ${entry.name}`

/** The plugins of a workspace's packages (those under `plugins/`, where there is such a folder), by kind and name. */
export const indexWorkspace: (folder: string) => Effect.Effect<readonly IndexedPlugin[], CommandError> =
  Effect.fnUntraced(function* (folder) {
    const root = resolve(folder)
    // The packages have to share the contracts with whoever reads them.
    if (yield* Bundled) return yield* Effect.die(new OutsidePluginDefect())
    const { workspaces } = yield* readManifest(root)
    const folders = (workspaces ?? ["."]).flatMap((pattern) => expand(root, pattern))
    const own = folders.filter((path) => existsSync(join(root, path, "package.json")))
    const inPlugins = own.filter((path) => path.startsWith("plugins"))
    const found: IndexedPlugin[] = []
    for (const path of inPlugins.length > 0 ? inPlugins : own)
      found.push(...(yield* indexPackage(root, path)))
    return found.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  })

/** The index as `registry.json` holds it. */
export const indexText = (plugins: readonly IndexedPlugin[]): string =>
  `${JSON.stringify({ version: 1, plugins: plugins.map(({ entry }) => entry) }, null, 2)}\n`
