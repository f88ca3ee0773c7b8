import { decodeConfig, pluginDefect, type Plugin, validate } from "@parade/core"
import { pipelineSchema } from "@parade/core/pipeline-schema"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { openRegistry } from "../../load-plugins.ts"
import type { PackageProblem } from "../problem.ts"
import { type Rule, rule } from "./rule.ts"

/** Its modules load, and export a plugin that bears the package's name, by which pipelines `use` it. */
export const exportedPlugins: Rule = rule(function* ({ name, plugins, failures }) {
  yield* failures
  if (failures.length > 0) return
  const where = "package.json: exports"
  if (plugins.length === 0) {
    yield {
      path: where,
      code: "package.no-plugin",
      message: "No module that is exported has a plugin.",
      expected: "one export made by definePlugin",
    }
    return
  }
  for (const plugin of plugins) {
    const defect = pluginDefect(plugin)
    if (defect !== undefined)
      yield {
        path: where,
        code: "package.unfit-plugin",
        message: `The plugin ${plugin.name} cannot be used: ${defect}.`,
      }
    else if (plugin.summary.trim() === "")
      yield {
        path: where,
        code: "package.no-summary",
        message: `The plugin ${plugin.name} has no summary.`,
        expected: "one sentence",
      }
  }
  if (!plugins.some((plugin) => plugin.name === name))
    yield {
      path: where,
      code: "package.another-name",
      message: `Its plugins are named ${plugins.map((plugin) => plugin.name).join(", ")}.`,
      expected: `one of the package's name, ${JSON.stringify(name)}`,
      advice: "Pipelines find a plugin by its package.",
    }
  const named = plugins.map(({ name: own, kind }) => `${kind?.name} ${own}`)
  for (const twice of new Set(named.filter((one, i) => named.indexOf(one) !== i)))
    yield {
      path: where,
      code: "package.same-name",
      message: `Two plugins are ${twice}.`,
      expected: "one name for each",
    }
})

const schemaProblem = (plugin: Plugin): PackageProblem | undefined => {
  const path = `plugin ${plugin.name}: config`
  try {
    const { schema } = Schema.toJsonSchemaDocument(plugin.config, { onExcessProperty: "error" })
    const { type = "object" } = schema as { readonly type?: string }
    if (type !== "object")
      return {
        path,
        code: "package.config-no-object",
        message: `Its settings are of the JSON type ${type}.`,
        expected: "an object of settings, such as Schema.Struct({})",
      }
    // With its slots, and as an editor reads it.
    pipelineSchema({ plugins: [plugin], root: plugin.kind, thirdParty: true })
    return undefined
  } catch (cause) {
    return {
      path,
      code: "package.no-json-schema",
      message: `Its schema has no form as JSON Schema: ${(cause as Error).message}`,
      advice: "Use schemas that say what JSON holds: strings, numbers, literals, arrays, structs.",
    }
  }
}

/** Configs have a JSON Schema, by which editors complete pipelines. */
export const configSchemas: Rule = rule(function* ({ plugins }) {
  for (const plugin of plugins) {
    if (pluginDefect(plugin) !== undefined) continue
    const problem = schemaProblem(plugin)
    if (problem !== undefined) yield problem
  }
})

/** What only a whole pipeline can decide of what stands in a slot by default. */
const beyondDefaults = new Set(["pipeline.unknown-ref", "pipeline.need-unplaced"])

const slotProblems = Effect.fnUntraced(function* (plugin: Plugin, folder: string) {
  const registry = openRegistry(folder)
  const problems: PackageProblem[] = []
  for (const [name, { kind, list, default: fallback }] of Object.entries(plugin.slots))
    for (const node of list
      ? ((fallback ?? []) as readonly unknown[])
      : fallback === undefined
        ? []
        : [fallback]) {
      const checked = yield* Effect.result(validate(kind, node, registry))
      if (Result.isSuccess(checked)) continue
      for (const { code, message, expected } of checked.failure.issues)
        if (!beyondDefaults.has(code))
          problems.push({ path: `plugin ${plugin.name}: slots.${name}.default`, code, message, expected })
    }
  return problems
})

const needProblems = Effect.fnUntraced(function* (plugin: Plugin) {
  // Needs are told of a config; where none will do unsaid, the examples show whether they are met.
  const config = yield* Effect.result(decodeConfig(plugin, undefined, "$"))
  if (Result.isFailure(config)) return []
  const path = `plugin ${plugin.name}: needs`
  try {
    return plugin.needs(config.success).flatMap((need): readonly PackageProblem[] =>
      "slot" in need && !Object.hasOwn(plugin.slots, need.slot)
        ? [
            {
              path,
              code: "package.need-of-nobody",
              message: `It needs ${need.name} ${need.value} of ${JSON.stringify(need.slot)}, which is no slot of it.`,
              expected: Object.keys(plugin.slots).join(", ") || "a hostSlot, as it has no slots",
            },
          ]
        : [],
    )
  } catch (cause) {
    return [{ path, code: "package.needs-crash", message: `They cannot be told: ${String(cause)}` }]
  }
})

/** What stands in its slots where nothing is said can be composed, and what it needs is asked of somebody. */
export const slotsAndNeeds: Rule = ({ plugins, folder }) =>
  Effect.map(
    Effect.forEach(
      plugins.filter((plugin) => pluginDefect(plugin) === undefined && schemaProblem(plugin) === undefined),
      (plugin) => Effect.all([slotProblems(plugin, folder), needProblems(plugin)]),
    ),
    (found) => found.flat(2),
  )
