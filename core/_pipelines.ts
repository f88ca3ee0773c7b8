import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { isJsonObject, jsonIssues } from "./_json.ts"
import type { Kind } from "./kind.ts"
import type { Plugin, Slot } from "./plugin.ts"

/** Valid settings of a plugin, in their JSON form. */
const settings = (plugin: Plugin): fc.Arbitrary<unknown> => {
  const codec = Schema.toCodecJson(plugin.config) as Schema.Codec<unknown, unknown>
  const values = Arbitrary.schema(plugin.config)
  return fc
    .nat()
    .map((seed) => Effect.runSync(Arbitrary.sampleEffect(values, { seed, count: 1 }))[0])
    .map((value) => JSON.parse(JSON.stringify(Schema.encodeUnknownSync(codec)(value))) as unknown)
    .filter((value) => jsonIssues(value).length === 0)
}

/** Whether a node without this key would still be valid is up to its plugin, so nothing is left out here. */
const node = (plugins: readonly Plugin[], kind: string, depth: number): fc.Arbitrary<object> => {
  const fitting = plugins.filter((plugin) => plugin.kind.name === kind)
  const leaves = fitting.filter((plugin) => Object.keys(plugin.slots).length === 0)
  const usable = depth > 3 && leaves.length > 0 ? leaves : fitting
  return fc.oneof(
    ...usable.map((plugin) => {
      const filled = (slot: Slot<unknown>): fc.Arbitrary<unknown> => {
        if (!plugins.some((other) => other.kind.name === slot.kind.name)) return fc.constant([])
        const one = node(plugins, slot.kind.name, depth + 1)
        return slot.list ? fc.array(one, { minLength: slot.least, maxLength: 2 }) : one
      }
      return fc.record<Record<string, unknown>, string>({
        use: fc.constant(plugin.name),
        with: settings(plugin),
        ...Object.fromEntries(Object.entries(plugin.slots).map(([name, slot]) => [name, filled(slot)])),
      })
    }),
  )
}

/** Valid pipelines of the plugins, as JSON values. */
export const pipelines = (plugins: readonly Plugin[], root: Kind<unknown>): fc.Arbitrary<object> =>
  node(plugins, root.name, 0)

interface Place {
  readonly container: Record<string, unknown> | unknown[]
  readonly key: string | number
}

const placesOf = (value: unknown, found: Place[] = []): Place[] => {
  if (!Array.isArray(value) && !isJsonObject(value)) return found
  const container = value as Place["container"]
  for (const [key, item] of Object.entries(container)) {
    found.push({ container, key: Array.isArray(container) ? Number(key) : key })
    placesOf(item, found)
  }
  return found
}

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "auto",
    "x",
    [],
    {},
    0,
    -1,
    1.5,
    1e9,
    { use: "@parade/nothing" },
    { ref: "a" },
  ),
  fc.constantFrom<unknown>({ use: "" }, { ref: "" }, { use: "@parade/wheel", id: "a" }, { with: {} }, [[]]),
  fc.jsonValue({ maxDepth: 2 }),
)

const strangeKey = fc.constantFrom(
  "use",
  "with",
  "id",
  "ref",
  "$schema",
  "engine",
  "volts",
  "constructor",
  "x",
)

/** Sets a member even where its name is `__proto__`. */
const set = (container: object, key: string | number, value: unknown): void => {
  Object.defineProperty(container, key, { value, enumerable: true, writable: true, configurable: true })
}

const mutate = (pipeline: object, seed: number, value: unknown, strange: string): void => {
  const places = placesOf(pipeline)
  const { container, key } = places[seed % places.length]!
  const found = (container as Record<string | number, unknown>)[key]
  const other = places[(seed * 7 + 3) % places.length]!
  switch (seed % 6) {
    case 0:
      if (Array.isArray(container)) container.splice(Number(key), 1)
      else delete container[key]
      break
    case 1:
      set(container, key, structuredClone(value))
      break
    case 2:
      set(Array.isArray(container) ? pipeline : container, strange, structuredClone(value))
      break
    case 3:
      set(container, key, [found])
      break
    case 4:
      set(container, key, structuredClone((other.container as Record<string | number, unknown>)[other.key]))
      break
    default:
      if (typeof found === "string") set(container, key, `${found}x`)
      else set(container, key, typeof found === "number" ? -found : structuredClone(value))
  }
}

/** Pipelines with one to three changes: members gone, replaced, added, wrapped in a list, moved, misspelt. */
export const mutated = (valid: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc
    .tuple(valid, fc.array(fc.tuple(fc.nat(1_000_000), junk, strangeKey), { minLength: 1, maxLength: 3 }))
    .map(([pipeline, changes]) => {
      const copy = structuredClone(pipeline)
      for (const [seed, value, key] of changes) if (placesOf(copy).length > 0) mutate(copy, seed, value, key)
      return copy
    })
