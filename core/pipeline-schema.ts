/** The JSON Schema of pipelines, for editors and validators. */
import * as Effect from "effect/Effect"
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { configKeys, decodeConfig } from "./config.ts"
import type { Kind } from "./kind.ts"
import type { Plugin, Slot } from "./plugin.ts"
import { bareName, registryOf } from "./registry.ts"
import { validate } from "./validate.ts"

type Json = Readonly<Record<string, unknown>>

export interface PipelineSchemaOptions {
  readonly plugins: readonly Plugin[]
  /** The kind of a pipeline's root. */
  readonly root: Kind<unknown>
  /** Whether plugins of other packages are let through: `use` being a path or a name outside `@parade`. */
  readonly thirdParty: boolean
  readonly title?: string
}

const keyOf = (plugin: Plugin): string => `${plugin.kind.name}.${plugin.name}`

const pointer = (key: string): Json => ({
  $ref: `#/definitions/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`,
})

/** Keywords whose values are data, not schemas. */
const dataKeywords = new Set(["default", "const", "enum", "examples"])

/** The one name that no object of a pipeline may have, where a schema lets names through. */
const withoutProto = (schema: Json): Json => {
  if (schema["type"] !== "object" || schema["additionalProperties"] === false) return schema
  const names = schema["propertyNames"]
  const others = { not: { const: "__proto__" } }
  return { ...schema, propertyNames: names === undefined ? others : { allOf: [names, others] } }
}

/** A plugin's schema with its references pointing to where its definitions end up. */
const relocate = (value: unknown, prefix: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => relocate(item, prefix))
  if (typeof value !== "object" || value === null) return value
  const members = Object.entries(value).map(([key, member]) => {
    if (dataKeywords.has(key)) return [key, member]
    if (key !== "$ref" || typeof member !== "string") return [key, relocate(member, prefix)]
    const name = decodeURIComponent(member.replace(/^#\/definitions\//, ""))
    return [key, pointer(`${prefix}.${name.replaceAll("~1", "/").replaceAll("~0", "~")}`)["$ref"]]
  })
  return withoutProto(Object.fromEntries(members) as Json)
}

const configSchema = (plugin: Plugin, definitions: Record<string, unknown>): unknown => {
  if (configKeys(plugin)?.length === 0) return { type: "object", additionalProperties: false }
  const document = JsonSchema.toDocumentDraft07(
    Schema.toJsonSchemaDocument(plugin.config, { onExcessProperty: "error" }),
  )
  const prefix = keyOf(plugin)
  for (const [name, schema] of Object.entries(document.definitions))
    definitions[`${prefix}.${name}`] = relocate(schema, prefix)
  const schema = relocate(document.schema, prefix) as Json
  return schema["type"] === "object" ? schema : { type: "object", allOf: [schema] }
}

/** What only the whole pipeline can decide; a slot's default is looked at alone. */
const beyondDefaults = new Set(["pipeline.unknown-ref", "pipeline.need-unplaced"])

const defaultHolds = (slot: Slot<unknown>, plugins: readonly Plugin[]): boolean => {
  if (slot.default === undefined) return false
  const registry = registryOf(plugins)
  const nodes: readonly unknown[] = slot.list ? (slot.default as readonly unknown[]) : [slot.default]
  return nodes.every((node) => {
    const checked = Effect.runSync(Effect.result(validate(slot.kind, node, registry)))
    return (
      Result.isSuccess(checked) || checked.failure.issues.every((issue) => beyondDefaults.has(issue.code))
    )
  })
}

const slotSchema = (slot: Slot<unknown>): Json => {
  const node = pointer(`kind.${slot.kind.name}`)
  const fewest = slot.least > 0 ? { minItems: slot.least } : {}
  const shape = slot.list ? { type: "array", items: node, ...fewest } : { allOf: [node] }
  const fallback = slot.default === undefined ? {} : { default: slot.default }
  return { description: slot.description, ...fallback, ...shape }
}

const idSchema: Json = {
  type: "string",
  minLength: 1,
  description: 'A name for this node, so that others can be it: { "ref": "…" }.',
}

const schemaWord: Json = { type: "string", description: "Where this schema is." }

const pluginSchema = (
  plugin: Plugin,
  options: PipelineSchemaOptions,
  definitions: Record<string, unknown>,
): Json => {
  const slots = Object.entries(plugin.slots)
  const unconfigured = Effect.runSync(Effect.result(decodeConfig(plugin, undefined, "$")))
  const required = [
    "use",
    ...(Result.isSuccess(unconfigured) ? [] : ["with"]),
    ...slots.filter(([, slot]) => !defaultHolds(slot, options.plugins)).map(([name]) => name),
  ]
  return {
    type: "object",
    title: plugin.name,
    description: plugin.summary,
    properties: {
      use: { const: plugin.name, title: plugin.name, description: plugin.summary },
      with: configSchema(plugin, definitions),
      id: idSchema,
      ...Object.fromEntries(slots.map(([name, slot]) => [name, slotSchema(slot)])),
    },
    required,
    additionalProperties: false,
  }
}

const atRoot = (schema: Json): Json => ({
  ...schema,
  properties: { $schema: schemaWord, ...(schema["properties"] as Json) },
})

const refSchema: Json = {
  type: "object",
  title: "ref",
  description: "Another node of this pipeline, by its id.",
  properties: { ref: { type: "string", minLength: 1, description: "The id of the other node." } },
  required: ["ref"],
  additionalProperties: false,
}

/** A node whose plugin this schema cannot know: its slots may hold any node. */
const thirdPartySchema = (plugins: readonly Plugin[]): Json => ({
  type: "object",
  title: "A plugin of another package",
  description: "An npm package by name, or a file by its path from here (./my-drafter.ts).",
  properties: {
    use: {
      type: "string",
      pattern: "^(?!@parade/).",
      not: { enum: [...new Set(plugins.map((plugin) => bareName(plugin.name)))] },
    },
    with: { type: "object" },
    id: idSchema,
  },
  required: ["use"],
  additionalProperties: { anyOf: [pointer("kind.*"), { type: "array", items: pointer("kind.*") }] },
})

/**
 * The schema (draft-07) of all pipelines that can be made of the plugins. It accepts what the loader accepts, except
 * for what a schema cannot say: ids used twice, references to nobody, in a circle or to another kind, needs that are
 * not granted, nesting deeper than the limit, checks that a config's schema makes in code (a pattern is told only if it
 * has the flag `u`, without which JavaScript and JSON Schema read it differently); and, with `thirdParty`,
 * whether a plugin of another package exists and likes its config. There the loader decides.
 */
export const pipelineSchema = (options: PipelineSchemaOptions): Json => {
  const { plugins, root, thirdParty } = options
  const definitions: Record<string, unknown> = { ref: refSchema }
  const others = [pointer("ref"), ...(thirdParty ? [pointer("other")] : [])]
  if (thirdParty) {
    definitions["other"] = thirdPartySchema(plugins)
    definitions["root.other"] = atRoot(thirdPartySchema(plugins))
    definitions["kind.*"] = { anyOf: [...plugins.map((plugin) => pointer(keyOf(plugin))), ...others] }
  }
  const kinds = new Set(
    plugins.flatMap((plugin) => Object.values(plugin.slots).map((slot) => slot.kind.name)),
  )
  for (const kind of kinds) {
    const own = plugins.filter((plugin) => plugin.kind.name === kind)
    definitions[`kind.${kind}`] = { anyOf: [...own.map((plugin) => pointer(keyOf(plugin))), ...others] }
  }
  const roots: Json[] = []
  for (const plugin of plugins) {
    const schema = pluginSchema(plugin, options, definitions)
    if (thirdParty || kinds.has(plugin.kind.name)) definitions[keyOf(plugin)] = schema
    if (plugin.kind.name !== root.name) continue
    definitions[`root.${keyOf(plugin)}`] = atRoot(schema)
    roots.push(pointer(`root.${keyOf(plugin)}`))
  }
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07,
    title: options.title ?? "Parade pipeline",
    description: "A tree of plugins: { use, with, …slots }.",
    anyOf: [...roots, ...(thirdParty ? [pointer("root.other")] : [])],
    definitions,
  }
}
