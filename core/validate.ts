import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { configKeys, decodeConfig } from "./config.ts"
import { describeValue, isJsonObject, jsonIssues, maxDepth } from "./_json.ts"
import { memberPath } from "./json-path.ts"
import type { Kind } from "./kind.ts"
import { assignNeeds } from "./_needs.ts"
import { type PipelineError, pipelineErrorOf, type PipelineIssue } from "./pipeline-error.ts"
import { parsePipeline } from "./parse.ts"
import type { Plan, PlanNode } from "./plan.ts"
import type { Need, Plugin, Slot } from "./plugin.ts"
import { linkRefs, type PendingRef } from "./_refs.ts"
import { type Registry, reservedKeys } from "./registry.ts"
import { nearest } from "./suggest.ts"

/** A plan node under construction. */
interface OpenNode extends PlanNode {
  config: unknown
  readonly slots: Record<string, { nodes: PlanNode[]; list: boolean; defaulted: boolean }>
  readonly needs: Need[]
}

interface Place {
  readonly path: string
  readonly depth: number
  /** The kind the place takes; unknown under a plugin that is itself unknown. */
  readonly kind: string | undefined
}

interface Visit {
  readonly registry: Registry
  readonly issues: PipelineIssue[]
  readonly ids: Map<string, PlanNode | undefined>
  readonly refs: PendingRef[]
}

const childOf = (place: Place, key: string | number, kind: string | undefined): Place => ({
  path: memberPath(place.path, key),
  depth: place.depth + 1,
  kind,
})

const nodeShape = 'an object with "use", or with "ref"'

/** The node's own words: `use`, `id`, `$schema`. Whether `use` can be looked up. */
const checkWords = (node: Readonly<Record<string, unknown>>, place: Place, visit: Visit): boolean => {
  const { issues } = visit
  if (node["id"] !== undefined && (typeof node["id"] !== "string" || node["id"] === ""))
    issues.push({
      path: memberPath(place.path, "id"),
      code: "pipeline.wrong-type",
      message: `An id cannot be ${describeValue(node["id"])}.`,
      expected: "a string that is not empty",
    })
  if (place.depth === 0 && node["$schema"] !== undefined && typeof node["$schema"] !== "string")
    issues.push({
      path: "$.$schema",
      code: "pipeline.wrong-type",
      message: `$schema is ${describeValue(node["$schema"])}.`,
      expected: "the address of a schema",
    })
  const use = node["use"]
  if (typeof use === "string" && use !== "") return true
  const keys = Object.keys(node).filter((key) => !reservedKeys.has(key))
  issues.push(
    use === undefined
      ? {
          path: place.path,
          code: "pipeline.missing-use",
          message: 'This node has no "use".',
          expected: nodeShape,
          nearest: keys.some((key) => nearest(key, ["use"]) === "use") ? "use" : undefined,
        }
      : {
          path: memberPath(place.path, "use"),
          code: "pipeline.wrong-type",
          message: `"use" is ${describeValue(use)}.`,
          expected: "the name of a plugin",
        },
  )
  return false
}

const checkKeys = (
  node: Readonly<Record<string, unknown>>,
  plugin: Plugin,
  place: Place,
  issues: PipelineIssue[],
): void => {
  const slots = Object.keys(plugin.slots)
  for (const key of Object.keys(node)) {
    const known = key === "$schema" ? place.depth === 0 : key !== "ref" && reservedKeys.has(key)
    if (known || Object.hasOwn(plugin.slots, key) || node[key] === undefined) continue
    if (key === "ref") {
      issues.push({
        path: memberPath(place.path, key),
        code: "pipeline.unknown-key",
        message: 'This node has "use" and "ref": it is a plugin of its own, or another node.',
        expected: '"use" or "ref" alone',
      })
      continue
    }
    issues.push({
      path: memberPath(place.path, key),
      code: "pipeline.unknown-slot",
      message: `${JSON.stringify(plugin.name)} has no slot ${JSON.stringify(key)}${
        configKeys(plugin)?.includes(key) === true ? ': it is a setting, and stands in "with"' : ""
      }.`,
      expected: ["use", "with", "id", ...slots].join(", "),
      nearest: nearest(key, ["use", "with", "id", ...slots]),
    })
  }
}

const visitRef = (
  node: Readonly<Record<string, unknown>>,
  place: Place,
  visit: Visit,
  fill: (node: PlanNode) => void,
): void => {
  for (const key of Object.keys(node))
    if (key !== "ref" && node[key] !== undefined)
      visit.issues.push({
        path: memberPath(place.path, key),
        code: "pipeline.unknown-key",
        message: `A reference has no ${JSON.stringify(key)}.`,
        expected: '"ref" alone',
      })
  const ref = node["ref"]
  if (place.depth === 0 || typeof ref !== "string" || ref === "")
    visit.issues.push({
      path: memberPath(place.path, "ref"),
      code: "pipeline.wrong-type",
      message: place.depth === 0 ? "A pipeline cannot be a reference." : `"ref" is ${describeValue(ref)}.`,
      expected: place.depth === 0 ? 'an object with "use"' : "the id of another node",
    })
  else visit.refs.push({ ref, path: memberPath(place.path, "ref"), kind: place.kind, fill })
}

/** The plugin of a node; after a plugin of the wrong kind was told, that plugin, so that its own mistakes show too. */
const resolvePlugin = Effect.fnUntraced(function* (use: string, place: Place, visit: Visit) {
  const wanted = yield* Effect.result(visit.registry.resolve(use, place.kind))
  if (Result.isSuccess(wanted)) return wanted.success
  visit.issues.push({ path: memberPath(place.path, "use"), ...wanted.failure })
  if (wanted.failure.code !== "pipeline.wrong-kind") return undefined
  const any = yield* Effect.result(visit.registry.resolve(use, undefined))
  return Result.isSuccess(any) ? any.success : undefined
})

const endless = "pipeline.too-deep"

/** Whether defaults were found that lead to themselves. */
const isEndless = ({ issues }: Visit): boolean => issues.some(({ code }) => code === endless)

const visitSlot = Effect.fnUntraced(function* (
  node: OpenNode,
  name: string,
  slot: Slot<unknown>,
  given: unknown,
  place: Place,
  visit: Visit,
) {
  const at = childOf(place, name, slot.kind.name)
  // Where several slots lead to themselves, there is no end of ways down: one is told.
  if (given === undefined && isEndless(visit)) return
  const value: unknown = given === undefined ? slot.default : given
  if (value === undefined) {
    visit.issues.push({
      path: at.path,
      code: "pipeline.missing-slot",
      message: `${JSON.stringify(node.use)} needs its slot ${JSON.stringify(name)} filled.`,
      expected: `${slot.list ? "a list of plugins" : "a plugin"} of the kind ${slot.kind.name}`,
    })
    return
  }
  if (slot.list !== Array.isArray(value)) {
    visit.issues.push({
      path: at.path,
      code: slot.list ? "pipeline.not-a-list" : "pipeline.not-a-node",
      message: `The slot ${JSON.stringify(name)} takes ${slot.list ? "a list" : "one node"}, not ${describeValue(value)}.`,
      expected: slot.list ? "a list of nodes" : nodeShape,
    })
    return
  }
  const values: readonly unknown[] = slot.list ? (value as readonly unknown[]) : [value]
  if (values.length < slot.least) {
    visit.issues.push({
      path: at.path,
      code: "pipeline.too-few",
      message: `The slot ${JSON.stringify(name)} takes at least ${slot.least}, not ${values.length}.`,
      expected: `at least ${slot.least} of the kind ${slot.kind.name}`,
    })
    return
  }
  const filling = { nodes: [] as PlanNode[], list: slot.list, defaulted: given === undefined }
  node.slots[name] = filling
  for (const [index, item] of values.entries()) {
    const child = slot.list ? childOf(at, index, slot.kind.name) : at
    yield* visitNode(item, child, visit, (filled) => {
      filling.nodes[index] = filled
    })
  }
})

/** Looks for mistakes below a node whose plugin is not known. */
const visitUnknown = Effect.fnUntraced(function* (
  node: Readonly<Record<string, unknown>>,
  place: Place,
  visit: Visit,
) {
  for (const [key, value] of Object.entries(node)) {
    if (reservedKeys.has(key)) continue
    const at = childOf(place, key, undefined)
    const values = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    for (const [index, item] of values.entries())
      if (isJsonObject(item) && ("use" in item || "ref" in item))
        yield* visitNode(item, Array.isArray(value) ? childOf(at, index, undefined) : at, visit, () => {})
  }
})

const visitNode: (
  value: unknown,
  place: Place,
  visit: Visit,
  fill: (node: PlanNode) => void,
) => Effect.Effect<void> = Effect.fnUntraced(function* (value, place, visit, fill) {
  if (place.depth > 2 * maxDepth) {
    if (!isEndless(visit))
      visit.issues.push({
        path: place.path,
        code: endless,
        message: "The defaults of these slots never come to an end.",
      })
    return
  }
  if (!isJsonObject(value)) {
    const message = `This is ${describeValue(value)}.`
    visit.issues.push({ path: place.path, code: "pipeline.not-a-node", message, expected: nodeShape })
    return
  }
  if (value["ref"] !== undefined && value["use"] === undefined) return visitRef(value, place, visit, fill)
  const named = checkWords(value, place, visit)
  const use = value["use"] as string
  const plugin = named ? yield* resolvePlugin(use, place, visit) : undefined
  const id = typeof value["id"] === "string" && value["id"] !== "" ? value["id"] : undefined
  if (id !== undefined && visit.ids.has(id))
    visit.issues.push({
      path: memberPath(place.path, "id"),
      code: "pipeline.duplicate-id",
      message: `Another node already has the id ${JSON.stringify(id)}.`,
      expected: "an id of its own",
    })
  else if (id !== undefined) visit.ids.set(id, undefined)
  if (plugin === undefined) return yield* visitUnknown(value, place, visit)
  const settings = value["with"] === undefined ? {} : (value["with"] as Readonly<Record<string, unknown>>)
  const node: OpenNode = {
    path: place.path,
    use,
    id,
    plugin,
    settings,
    config: undefined,
    slots: {},
    needs: [],
  }
  if (id !== undefined && visit.ids.get(id) === undefined) visit.ids.set(id, node)
  checkKeys(value, plugin, place, visit.issues)
  const decoded = yield* Effect.result(decodeConfig(plugin, value["with"], memberPath(place.path, "with")))
  if (Result.isSuccess(decoded)) node.config = decoded.success
  else visit.issues.push(...decoded.failure)
  for (const [name, slot] of Object.entries(plugin.slots))
    yield* visitSlot(node, name, slot, value[name], place, visit)
  fill(node)
})

/**
 * Checks a pipeline, given as JSON text or as the value, without making anything: plugins and kinds, slots, configs,
 * references, needs. Fails with every mistake found.
 */
export const validate: (
  kind: Kind<unknown>,
  source: unknown,
  registry: Registry,
) => Effect.Effect<Plan, PipelineError> = Effect.fnUntraced(function* (kind, source, registry) {
  const value = typeof source === "string" ? yield* parsePipeline(source) : source
  const unfit = pipelineErrorOf(jsonIssues(value))
  if (unfit !== undefined) return yield* Effect.fail(unfit)
  const visit: Visit = { registry, issues: [], ids: new Map(), refs: [] }
  let root: PlanNode | undefined
  yield* visitNode(value, { path: "$", depth: 0, kind: kind.name }, visit, (node) => {
    root = node
  })
  visit.issues.push(...linkRefs(visit.refs, visit.ids, root))
  const mistakes = pipelineErrorOf(visit.issues)
  if (mistakes !== undefined) return yield* Effect.fail(mistakes)
  const plan = { root: root! }
  const ungranted = pipelineErrorOf(assignNeeds(plan))
  return ungranted === undefined ? plan : yield* Effect.fail(ungranted)
})
