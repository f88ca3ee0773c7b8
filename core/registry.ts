import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { PipelineProblem } from "./pipeline-error.ts"
import { isPlugin, type Plugin } from "./plugin.ts"
import { nearest } from "./suggest.ts"

/** What an index says of a plugin, without loading it. */
export interface PluginEntry {
  /** What a pipeline's `use` says. */
  readonly name: string
  readonly kind: string
  /** The npm package that exports it. */
  readonly package: string
  /** Where the package exports it, such as `./recipe`; at its root where absent. */
  readonly export?: string | undefined
  readonly version: string
  readonly summary: string
  readonly capabilities: readonly string[]
}

/** Where plugins come from. */
export interface Registry {
  /** The plugins known beforehand: for lists, completion and suggestions. */
  readonly entries: readonly PluginEntry[]
  /** The plugin a `use` names, of the kind its slot takes; of any kind, if it is the only one, without `kind`. */
  readonly resolve: (use: string, kind: string | undefined) => Effect.Effect<Plugin, PipelineProblem>
}

/** Why a module is not there. */
export interface LoadFailure {
  /** `notFound`: no such package. `noFile`: no such file. `failed`: it is there and cannot be loaded. */
  readonly reason: "notFound" | "noFile" | "failed"
  readonly message: string
  /** What was probably meant. */
  readonly nearest?: string | undefined
}

type Exports = Readonly<Record<string, unknown>>

/** Gives a module's exports; the one part of a registry that does I/O, so whoever makes the registry brings it. */
export type ModuleLoader = (
  specifier: string,
) => Effect.Effect<Readonly<Record<string, unknown>>, LoadFailure>

/** What the index says of a plugin of a package. */
export const entryOf = (plugin: Plugin, packageName: string, version: string, path = "."): PluginEntry => ({
  name: plugin.name,
  kind: plugin.kind.name,
  package: packageName,
  ...(path === "." ? {} : { export: path }),
  version,
  summary: plugin.summary,
  capabilities: plugin.capabilities,
})

/** Keys of a node that are not slots. */
export const reservedKeys: ReadonlySet<string> = new Set(["use", "with", "id", "ref", "$schema", "__proto__"])

/** A name without its scope: `@parade/prompt-lookup` → `prompt-lookup`. */
export const bareName = (name: string): string => name.replace(/^@[^/]*\//, "")

const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`)

const unknownPlugin = (
  use: string,
  kind: string | undefined,
  entries: readonly PluginEntry[],
): PipelineProblem => {
  const fitting = entries.filter((entry) => kind === undefined || entry.kind === kind)
  const names = fitting.map((entry) => entry.name)
  return {
    code: "pipeline.unknown-plugin",
    message: `There is no plugin ${JSON.stringify(use)}.`,
    expected: names.length === 0 ? undefined : `${article(kind ?? "plugin")}: ${names.join(", ")}`,
    nearest:
      nearest(use, names) ??
      nearest(
        use,
        entries.map((entry) => entry.name),
      ),
  }
}

const wrongKind = (
  use: string,
  kind: string,
  kinds: readonly string[],
  entries: readonly PluginEntry[],
): PipelineProblem => {
  const fitting = entries.filter((entry) => entry.kind === kind).map((entry) => entry.name)
  return {
    code: "pipeline.wrong-kind",
    message: `${JSON.stringify(use)} is ${kinds.map(article).join(" and ")}; this place takes ${article(kind)}.`,
    expected: fitting.length === 0 ? undefined : fitting.join(", "),
  }
}

/** What makes a plugin unfit for composition, whoever wrote it: in JavaScript nobody has checked its type. */
export const pluginDefect = (plugin: Partial<Plugin>): string | undefined => {
  const { kind, name, config, make, slots = {} } = plugin
  if (typeof kind?.name !== "string") return "it has no kind, such as DrafterKind"
  if (typeof name !== "string") return "it has no name"
  if (!Schema.isSchema(config)) return "its config is no Schema; Schema.Struct({}) is one without settings"
  if (typeof make !== "function") return "it has no make"
  const slot = Object.keys(slots).find((name) => reservedKeys.has(name))
  return slot === undefined ? undefined : `its slot ${JSON.stringify(slot)} bears a reserved name`
}

const unfit = (use: string, plugins: readonly Plugin[]): PipelineProblem | undefined => {
  const wrong = plugins.map(pluginDefect).find((found) => found !== undefined)
  return wrong === undefined
    ? undefined
    : {
        code: "pipeline.unfit-plugin",
        message: `The plugin ${JSON.stringify(use)} cannot be used: ${wrong}.`,
      }
}

const choose = (
  use: string,
  kind: string | undefined,
  plugins: readonly Plugin[],
  names: readonly string[],
  entries: readonly PluginEntry[],
): Effect.Effect<Plugin, PipelineProblem> => {
  const fitting = plugins.filter((plugin) => kind === undefined || plugin.kind.name === kind)
  const named = fitting.filter((plugin) => plugin.name === use)
  const [plugin, another] = fitting.length === 1 ? fitting : named
  if (plugin !== undefined && another === undefined) return Effect.succeed(plugin)
  if (fitting.length === 0 && kind !== undefined && plugins.length > 0)
    return Effect.fail(wrongKind(use, kind, [...new Set(plugins.map((plugin) => plugin.kind.name))], entries))
  const exported =
    plugins.length === 0
      ? `exports no plugin of this version; what it exports is ${names.length === 0 ? "nothing" : names.join(", ")}`
      : `exports several plugins: ${plugins.map((p) => p.name).join(", ")}`
  return Effect.fail({
    code: plugins.length === 0 ? "pipeline.no-plugin" : "pipeline.ambiguous-plugin",
    message: `${JSON.stringify(use)} ${exported}.`,
    expected: `one export made by definePlugin${kind === undefined ? "" : `, ${article(kind)}`}`,
  })
}

/** What is imported to have a plugin. */
export const moduleOf = (entry: PluginEntry): string => `${entry.package}${(entry.export ?? ".").slice(1)}`

/** Where plugins of a kind may lie that nobody has to load who uses the package otherwise, such as recipes. */
const besideRoot = (use: string, kind: string): string | undefined =>
  /^\.{0,2}[/\\]|:/.test(use) ? undefined : `${use}/${kind}`

/** A registry over an index of known plugins, and a loader for these and for packages the index does not know. */
export const makeRegistry = (options: {
  readonly entries: readonly PluginEntry[]
  readonly load: ModuleLoader
}): Registry => {
  const { entries, load } = options
  const resolve = Effect.fnUntraced(function* (use: string, kind: string | undefined) {
    const known = entries.filter((entry) => entry.name === use)
    if (kind !== undefined && known.length > 0 && !known.some((entry) => entry.kind === kind))
      return yield* Effect.fail(
        wrongKind(
          use,
          kind,
          known.map((entry) => entry.kind),
          entries,
        ),
      )
    // A scope left out by mistake must not fetch whatever package happens to bear the bare name.
    if (known.length === 0 && entries.some((entry) => bareName(entry.name) === use && entry.name !== use))
      return yield* Effect.fail(unknownPlugin(use, kind, entries))
    const fitting = known.filter((entry) => kind === undefined || entry.kind === kind)
    const modules = known.length === 0 ? [use] : [...new Set(fitting.map(moduleOf))]
    const loaded = yield* Effect.forEach(modules, load).pipe(
      Effect.mapError(({ reason, message, nearest: meant }): PipelineProblem => {
        if (reason === "noFile") return { code: "pipeline.missing-plugin-file", message, nearest: meant }
        if (reason === "notFound" && known.length === 0) return unknownPlugin(use, kind, entries)
        const code = reason === "notFound" ? "plugin-not-installed" : "plugin-not-loadable"
        return {
          code: `pipeline.${code}`,
          message: `The plugin ${JSON.stringify(use)} could not be loaded: ${message}`,
        }
      }),
    )
    const pluginsOf = (exports: Exports): readonly Plugin[] => Object.values(exports).filter(isPlugin)
    const plugins = loaded.flatMap(pluginsOf)
    const names = loaded.flatMap(Object.keys)
    const wrong = unfit(use, plugins)
    if (wrong !== undefined) return yield* Effect.fail(wrong)
    if (known.length > 0)
      return yield* choose(
        use,
        kind,
        plugins.filter((plugin) => plugin.name === use),
        names,
        entries,
      )
    const beside = kind === undefined ? undefined : besideRoot(use, kind)
    if (beside !== undefined && !plugins.some((plugin) => plugin.kind.name === kind)) {
      const others = yield* Effect.orElseSucceed(load(beside), (): Exports => ({}))
      const misshapen = unfit(beside, pluginsOf(others))
      if (misshapen !== undefined) return yield* Effect.fail(misshapen)
      if (pluginsOf(others).length > 0)
        return yield* choose(use, kind, pluginsOf(others), Object.keys(others), entries)
    }
    return yield* choose(use, kind, plugins, names, entries)
  })
  return { entries, resolve }
}

/** A registry of plugins already in memory. */
export const registryOf = (plugins: readonly Plugin[], version = "0.0.0"): Registry => {
  const entries = plugins.map((plugin) => entryOf(plugin, plugin.name, version))
  const load: ModuleLoader = (name) => {
    const found = plugins.filter((plugin) => plugin.name === name)
    return found.length === 0
      ? Effect.fail({ reason: "notFound", message: `${name} is not registered.` })
      : Effect.succeed(Object.fromEntries(found.map((plugin, index) => [String(index), plugin])))
  }
  return makeRegistry({ entries, load })
}
