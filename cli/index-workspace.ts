import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { entryOf, isPlugin, type Plugin, pluginDefect, type PluginEntry } from "@parade/core"
import * as Effect from "effect/Effect"
import { Bundled, OutsidePluginDefect } from "./bundled-mode.ts"
import { CommandError } from "./command-error.ts"
import { importModule } from "./import-module.ts"

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

const bad = (path: string, message: string, advice: string, cause?: unknown): CommandError =>
  new CommandError({ code: "command.bad-workspace", path, message, advice, cause })

const readManifest = (folder: string): Effect.Effect<Manifest, CommandError> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
    catch: (cause) =>
      bad(
        join(folder, "package.json"),
        "There is no readable package.json here.",
        "Name the root of a workspace, whose package.json lists its packages.",
        cause,
      ),
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

/** Where a package exports code, and the files that leads to: its root, and places beside it, such as `./recipe`. */
const codeExports = ({ exports }: Manifest): readonly (readonly [path: string, file: string])[] =>
  Object.entries(typeof exports === "object" ? exports : { ".": exports }).flatMap(([path, entry]) => {
    const file: unknown =
      typeof entry === "object" && entry !== null ? (entry as { default?: unknown }).default : entry
    return typeof file === "string" && /\.[mc]?[jt]s$/.test(file) ? [[path, file] as const] : []
  })

const indexPackage = Effect.fnUntraced(function* (root: string, path: string) {
  const manifest = yield* readManifest(join(root, path))
  // What is not published cannot be installed by who reads the index.
  if (manifest.name === undefined || manifest.private === true) return []
  const found = new Map<Plugin, IndexedPlugin>()
  for (const [place, file] of codeExports(manifest)) {
    const exports = yield* Effect.tryPromise({
      try: () => importModule(join(root, path, file), [join(root, path), root]),
      catch: (cause) =>
        bad(
          path,
          `This package cannot be loaded: ${String(cause)}.`,
          "Install what it imports, or mend its module.",
          cause,
        ),
    })
    for (const plugin of Object.values(exports).filter(isPlugin)) {
      if (found.has(plugin)) continue
      const wrong = pluginDefect(plugin)
      if (wrong !== undefined)
        return yield* Effect.fail(
          bad(path, `A plugin that ${file} exports cannot be used: ${wrong}.`, "See parade plugin check."),
        )
      const entry = entryOf(plugin, manifest.name, manifest.version ?? "0.0.0", place)
      found.set(plugin, { plugin, entry: { ...entry, path: path.replaceAll("\\", "/") } })
    }
  }
  return [...found.values()]
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
