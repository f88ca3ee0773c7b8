import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import { Car, Engine, fixturePlugins } from "./_fixtures.ts"
import { applyOverrides, findNodes, type Override } from "./override.ts"
import type { PipelineError } from "./pipeline-error.ts"
import { registryOf } from "./registry.ts"

const registry = registryOf(fixturePlugins())
const apply = (value: unknown, ...overrides: Override[]): unknown =>
  Effect.runSync(applyOverrides(Car, value, overrides, registry))
const fail = (value: unknown, ...overrides: Override[]): PipelineError =>
  Effect.runSync(Effect.flip(applyOverrides(Car, value, overrides, registry)))

const source = { use: "@parade/car", wheels: [{ use: "@parade/wheel" }] }

test("A value is put at its place, and the pipeline given stays as it was.", () => {
  const given = structuredClone(source)
  assert.deepEqual(apply(given, { path: "$.with.seats", value: 2 }, { path: "with.colour", value: "red" }), {
    ...source,
    with: { seats: 2, colour: "red" },
  })
  assert.deepEqual(given, source)
})

test("A slot the JSON leaves out starts as its default, at any depth.", () => {
  assert.deepEqual(apply(source, { path: "spare.with.volts", value: 24 }), {
    ...source,
    spare: { use: "@parade/electric", with: { volts: 24 } },
  })
  const diesel = { use: "@parade/diesel", with: { litres: 1 } }
  assert.deepEqual(apply({ ...source, engine: diesel }, { path: "engine.starter.with.volts", value: 6 }), {
    ...source,
    engine: { ...diesel, starter: { use: "@parade/electric", with: { volts: 6 } } },
  })
})

test("Items of a list are reached by index, and one may be added at the end.", () => {
  assert.deepEqual(
    apply(source, { path: "wheels[0].id", value: "w" }, { path: "wheels.1", value: { ref: "w" } }),
    {
      ...source,
      wheels: [{ use: "@parade/wheel", id: "w" }, { ref: "w" }],
    },
  )
})

test("Places that do not exist are told, all of them.", () => {
  const error = fail(
    { ...source, engine: { ref: "x" } },
    { path: "a b", value: 1 },
    { path: "wheels[7].id", value: 1 },
    { path: "use.x", value: 1 },
    { path: "engine.with.volts", value: 1 },
    { path: "__proto__.x", value: 1 },
  )
  assert.deepEqual(
    error.issues.map(({ path, message }) => `${path} ${message}`),
    [
      '$ "a b" is not a path.',
      "$.wheels[7] There is no such place to set.",
      '$.use This is "@parade/car", and nothing can be set in it.',
      "$.engine This is a reference.",
      "$.__proto__ There is no such place to set.",
    ],
  )
  assert.equal(({} as Record<string, unknown>)["x"], undefined)
})

test("A name that every object has is a name like another, at any depth.", () => {
  assert.deepEqual(apply(source, { path: "constructor.toString.x", value: 1 }), {
    ...source,
    constructor: { toString: { x: 1 } },
  })
})

test("A value that is no JSON, or nests without end, is told at its place and put nowhere.", () => {
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  const { issues } = fail(
    source,
    { path: "with.seats", value: deep },
    { path: "with.colour", value: { a: Number.NaN } },
  )
  assert.deepEqual(
    issues.map(({ path, code }) => [path.replace(/(\[0\])+$/, ""), code]),
    [
      ["$.with.seats", "pipeline.too-deep"],
      ["$.with.colour.a", "pipeline.not-json"],
    ],
  )
})

test("The nodes of a kind are found with the defaults, nearest to the root first.", () => {
  const diesel = { use: "@parade/diesel", with: { litres: 1 } }
  const found = Effect.runSync(findNodes(Car, { ...source, engine: diesel }, Engine, registry))
  assert.deepEqual(
    found.map(({ path, plugin, settings }) => [path, plugin.name, settings]),
    [
      ["$.engine", "@parade/diesel", { litres: 1 }],
      ["$.spare", "@parade/electric", { volts: 12 }],
      ["$.engine.starter", "@parade/electric", {}],
    ],
  )
  assert.deepEqual(Effect.runSync(findNodes(Car, { use: "nothing" }, Engine, registry)), [])
})
