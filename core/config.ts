import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { describeValue, isJsonObject } from "./_json.ts"
import { memberPath } from "./json-path.ts"
import type { PipelineIssue } from "./pipeline-error.ts"
import type { Plugin } from "./plugin.ts"
import { nearest } from "./suggest.ts"

const objectAst = (schema: Schema.Top): SchemaAST.Objects | undefined => {
  const { ast } = Schema.toEncoded(schema)
  return ast._tag === "Objects" ? ast : undefined
}

/** The keys a plugin's `with` may have; `undefined` where any name will do. */
export const configKeys = (plugin: Plugin): readonly string[] | undefined => {
  const ast = objectAst(plugin.config)
  if (ast === undefined || ast.indexSignatures.length > 0) return undefined
  return ast.propertySignatures.map((property) => String(property.name))
}

/** Where in the config an issue stands, and the issue itself without what wraps it. */
interface Leaf {
  readonly path: readonly PropertyKey[]
  readonly issue: SchemaIssue.Issue
  /** The sentence of a failed check, which says more than the value it found. */
  readonly check: SchemaIssue.Filter | undefined
  /** Whether it is the name that is wrong, not the value that bears it. */
  readonly ofName: boolean
}

const checksNames = ({ filter }: SchemaIssue.Filter): boolean =>
  filter.annotations?.representation?.id === "effect/schema/isPropertyNames"

const leavesOf = (
  issue: SchemaIssue.Issue,
  path: readonly PropertyKey[],
  check?: SchemaIssue.Filter,
  ofName = false,
): readonly Leaf[] => {
  switch (issue._tag) {
    case "Pointer":
      return leavesOf(issue.issue, [...path, ...issue.path], undefined, ofName)
    case "Encoding":
      return leavesOf(issue.issue, path, check, ofName)
    case "Filter":
      return leavesOf(issue.issue, path, issue, ofName || checksNames(issue))
    case "Composite":
      return issue.issues.flatMap((inner) => leavesOf(inner, path, check, ofName))
    case "AnyOf": {
      // The alternatives of a union fail each in its own way; a mistake inside one of them is the nearest to the truth.
      const deeper = issue.issues.flatMap((inner) => leavesOf(inner, path, check, ofName))
      return deeper.some((leaf) => leaf.path.length > path.length) ? deeper : [{ path, issue, check, ofName }]
    }
    default:
      return [{ path, issue, check, ofName }]
  }
}

const sentence = SchemaIssue.makeFormatterDefault()

/** What would have been right, as the schema's author or the schema itself puts it. */
const expectation = ({ issue, check }: Leaf): string =>
  sentence(check ?? issue)
    .split("\n")[0]!
    .replace(/^Expected /, "")

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )

/** The names that would be known where an unknown one stands. */
const siblings = (ast: SchemaAST.AST): readonly string[] =>
  ast._tag === "Objects" ? ast.propertySignatures.map((property) => String(property.name)) : []

/** What to say of a setting that there is none of; a slot stands beside the settings, not among them. */
const noSetting = (name: string, isSlot: boolean): string =>
  `There is no setting ${JSON.stringify(name)} here${isSlot ? ': it is a slot, and stands beside "with"' : ""}.`

const issueOf = (leaf: Leaf, config: unknown, at: string, slots: object): PipelineIssue => {
  const path = leaf.path.reduce<string>(
    (parent, key) => memberPath(parent, typeof key === "number" ? key : String(key)),
    at,
  )
  const key = String(leaf.path.at(-1))
  const name = JSON.stringify(key)
  if (leaf.issue._tag === "UnexpectedKey") {
    const names = siblings(leaf.issue.ast)
    return {
      path,
      code: "pipeline.unknown-key",
      message: noSetting(key, leaf.path.length === 1 && Object.hasOwn(slots, key)),
      expected: names.length === 0 ? "no settings" : names.join(", "),
      nearest: nearest(key, names),
    }
  }
  if (leaf.issue._tag === "MissingKey")
    return { path, code: "pipeline.missing-key", message: `The setting ${name} is missing.` }
  const found = valueAt(config, leaf.path)
  const said = leaf.ofName ? `the name ${name}` : describeValue(found)
  return {
    path,
    code: leaf.check === undefined ? "pipeline.wrong-type" : "pipeline.out-of-range",
    message: `${said.replace(/^./, (first) => first.toUpperCase())} is not valid here.`,
    expected: expectation(leaf),
    nearest: typeof found === "string" ? nearestLiteral(found, leaf.issue) : undefined,
  }
}

const literalsOf = (ast: SchemaAST.AST): readonly string[] => {
  if (ast._tag === "Literal") return typeof ast.literal === "string" ? [ast.literal] : []
  return ast._tag === "Union" ? ast.types.flatMap(literalsOf) : []
}

const nearestLiteral = (found: string, issue: SchemaIssue.Issue): string | undefined =>
  issue._tag === "AnyOf" || issue._tag === "InvalidType" ? nearest(found, literalsOf(issue.ast)) : undefined

/** A value that fails several checks is one mistake; all that it should have been is said. */
const oneAtAPlace = (issues: readonly PipelineIssue[]): readonly PipelineIssue[] => {
  const told = new Map<string, PipelineIssue>()
  for (const issue of issues) {
    const before = told.get(`${issue.path} ${issue.code}`)
    const expected = [before?.expected, issue.expected].filter((said) => said !== undefined)
    told.set(`${issue.path} ${issue.code}`, {
      ...issue,
      expected: [...new Set(expected)].join(", ") || undefined,
    })
  }
  return [...told.values()]
}

const unknownKeys = (
  config: Readonly<Record<string, unknown>>,
  at: string,
  slots: object,
): readonly PipelineIssue[] =>
  Object.keys(config).map((key) => ({
    path: memberPath(at, key),
    code: "pipeline.unknown-key",
    message: noSetting(key, Object.hasOwn(slots, key)),
    expected: "no settings",
  }))

/**
 * Decodes a plugin's `with` (`{}` where it is left out) by the JSON form of its schema; fails with every mistake in
 * it. Unknown keys are refused whatever the schema says.
 */
export const decodeConfig = (
  plugin: Plugin,
  config: unknown,
  at: string,
): Effect.Effect<unknown, readonly PipelineIssue[]> =>
  Effect.suspend((): Effect.Effect<unknown, readonly PipelineIssue[]> => {
    const value = config === undefined ? {} : config
    if (!isJsonObject(value)) {
      const message = `"with" is ${describeValue(value)}.`
      return Effect.fail([
        { path: at, code: "pipeline.wrong-type", message, expected: "an object of settings" },
      ])
    }
    // A struct without fields accepts everything, so what it should refuse is refused here.
    const excess = configKeys(plugin)?.length === 0 ? unknownKeys(value, at, plugin.slots) : []
    if (excess.length > 0) return Effect.fail(excess)
    const codec = Schema.toCodecJson(plugin.config) as Schema.Codec<unknown, unknown>
    return Schema.decodeUnknownEffect(codec, { errors: "all", onExcessProperty: "error" })(value).pipe(
      Effect.mapError((error) =>
        oneAtAPlace(leavesOf(error.issue, []).map((leaf) => issueOf(leaf, value, at, plugin.slots))),
      ),
    )
  })
