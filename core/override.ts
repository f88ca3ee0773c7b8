import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { describeValue, isJsonObject, jsonIssues } from "./_json.ts"
import { formatPath, type JsonPath, memberPath, parsePath } from "./json-path.ts"
import type { Kind } from "./kind.ts"
import { type PipelineError, pipelineErrorOf, type PipelineIssue } from "./pipeline-error.ts"
import type { Plugin, Slot } from "./plugin.ts"
import type { Registry } from "./registry.ts"

/** A value put in a pipeline from outside. */
export interface Override {
  /** As errors print places: `$.drafter.with.maxNgram`; the `$.` may be left out. */
  readonly path: string
  readonly value: unknown
}

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isJsonObject(value)

const badOverride = (path: string, message: string, expected: string): PipelineIssue => ({
  path,
  code: "pipeline.bad-override",
  message,
  expected,
})

const pluginOf = Effect.fnUntraced(function* (node: unknown, kind: string | undefined, registry: Registry) {
  const use = isJsonObject(node) ? node["use"] : undefined
  if (typeof use !== "string") return undefined
  const found = yield* Effect.result(registry.resolve(use, kind))
  return Result.isSuccess(found) ? found.success : undefined
})

/** The slot a member fills, if it is one: a name such as `constructor` is none, though every object has it. */
const slotOf = (plugin: Plugin | undefined, key: string | number): Slot<unknown> | undefined =>
  plugin !== undefined && typeof key === "string" && Object.hasOwn(plugin.slots, key)
    ? plugin.slots[key]
    : undefined

/** What a missing member starts as: the slot's default where there is one, else an empty object. */
const missing = (slot: Slot<unknown> | undefined): unknown =>
  slot?.default === undefined ? {} : structuredClone(slot.default)

const isPlace = (container: Container, key: string | number): boolean =>
  Array.isArray(container)
    ? typeof key === "number" && key >= 0 && key <= container.length
    : typeof key === "string" && key !== "__proto__"

/** Puts one value in the (already copied) pipeline; the mistake, if it cannot be put there. */
const put = Effect.fnUntraced(function* (
  root: Container,
  path: JsonPath,
  value: unknown,
  kind: string,
  registry: Registry,
) {
  let container = root
  let nodeKind: string | undefined = kind
  // Inside a `with` there are no nodes, whatever the objects look like.
  let settings = false
  for (const [depth, key] of path.entries()) {
    const at = formatPath(path.slice(0, depth))
    if (!isPlace(container, key)) {
      const length = Array.isArray(container) ? container.length : undefined
      return badOverride(
        memberPath(at, key),
        `There is no such place to set.`,
        length === undefined ? `a name under ${at}` : `an index from 0 to ${length} under ${at}`,
      )
    }
    const members = container as Record<string | number, unknown>
    if (depth === path.length - 1) {
      members[key] = structuredClone(value)
      return undefined
    }
    const plugin: Plugin | undefined =
      settings || Array.isArray(container) ? undefined : yield* pluginOf(container, nodeKind, registry)
    const slot = slotOf(plugin, key)
    if (!Object.hasOwn(members, key)) members[key] = missing(slot)
    const next = members[key]
    if (!isContainer(next) || (!settings && !Array.isArray(next) && "ref" in next))
      return badOverride(
        memberPath(at, key),
        isContainer(next)
          ? "This is a reference."
          : `This is ${describeValue(next)}, and nothing can be set in it.`,
        isContainer(next) ? "a path to the node it refers to" : "an object or a list",
      )
    if (plugin !== undefined) nodeKind = slot?.kind.name
    settings ||= key === "with" && !Array.isArray(container)
    container = next
  }
  return undefined
})

/**
 * The pipeline with values put in, in order. Where a path leads through a slot that the JSON leaves out, the slot's
 * default is written out first, so `model.with.source` can be set in a pipeline that does not mention its model.
 */
export const applyOverrides: (
  kind: Kind<unknown>,
  value: unknown,
  overrides: readonly Override[],
  registry: Registry,
) => Effect.Effect<unknown, PipelineError> = Effect.fnUntraced(function* (kind, value, overrides, registry) {
  if (overrides.length === 0 || !isJsonObject(value)) return value
  const unfit = pipelineErrorOf(jsonIssues(value))
  if (unfit !== undefined) return yield* Effect.fail(unfit)
  const root = structuredClone(value)
  const issues: PipelineIssue[] = []
  for (const override of overrides) {
    const path = parsePath(override.path)
    if (path === undefined) {
      const message = `${JSON.stringify(override.path)} is not a path.`
      issues.push(badOverride("$", message, "a path such as model.with.device"))
      continue
    }
    const unfitValue = jsonIssues(override.value, formatPath(path))
    const issue =
      unfitValue.length > 0 ? undefined : yield* put(root, path, override.value, kind.name, registry)
    issues.push(...unfitValue, ...(issue === undefined ? [] : [issue]))
  }
  const mistakes = pipelineErrorOf(issues)
  return mistakes === undefined ? root : yield* Effect.fail(mistakes)
})

/** A node as written, or as a slot's default would write it. */
export interface FoundNode {
  readonly path: string
  readonly plugin: Plugin
  readonly settings: Readonly<Record<string, unknown>>
}

/** More nodes than this are not a pipeline but defaults without end. */
const mostNodes = 1000

/** The nodes of a kind, defaults included, nearest to the root first. Skips what cannot be resolved. */
export const findNodes: (
  kind: Kind<unknown>,
  value: unknown,
  wanted: Kind<unknown>,
  registry: Registry,
) => Effect.Effect<readonly FoundNode[]> = Effect.fnUntraced(function* (kind, value, wanted, registry) {
  const found: FoundNode[] = []
  const queue: { readonly path: string; readonly kind: string; readonly value: unknown }[] = [
    { path: "$", kind: kind.name, value },
  ]
  for (let i = 0; i < Math.min(queue.length, mostNodes); i++) {
    const { path, value: node, kind: nodeKind } = queue[i]!
    const plugin = yield* pluginOf(node, nodeKind, registry)
    if (plugin === undefined || !isJsonObject(node)) continue
    const settings = isJsonObject(node["with"]) ? node["with"] : {}
    if (plugin.kind.name === wanted.name) found.push({ path, plugin, settings })
    for (const [name, slot] of Object.entries(plugin.slots)) {
      const filling: unknown = node[name] ?? slot.default
      const at = memberPath(path, name)
      if (Array.isArray(filling))
        filling.forEach((item: unknown, index) =>
          queue.push({ path: memberPath(at, index), kind: slot.kind.name, value: item }),
        )
      else queue.push({ path: at, kind: slot.kind.name, value: filling })
    }
  }
  return found
})
