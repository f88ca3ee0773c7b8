import assert from "node:assert/strict"
import test from "node:test"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { Car, Engine, fixturePlugins, Wheel } from "./_fixtures.ts"
import { mutated, pipelines } from "./_pipelines.ts"
import { pipelineSchema } from "./pipeline-schema.ts"
import { definePlugin, type Plugin, slot } from "./plugin.ts"
import { registryOf } from "./registry.ts"
import { validate } from "./validate.ts"

/** Settings of every sort, and a slot whose default does not hold. */
const odd: readonly Plugin[] = [
  definePlugin({
    kind: Wheel,
    name: "@parade/odd",
    summary: "Has settings of every sort.",
    config: Schema.Struct({
      text: Schema.optionalKey(Schema.String.check(Schema.isMinLength(2))),
      flag: Schema.optionalKey(Schema.Boolean),
      either: Schema.optionalKey(Schema.Union([Schema.Literal("auto"), Schema.Int])),
      table: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
      pair: Schema.optionalKey(Schema.Tuple([Schema.Int, Schema.String])),
      nothing: Schema.optionalKey(Schema.NullOr(Schema.Int)),
      list: Schema.optionalKey(Schema.Array(Schema.Int).check(Schema.isMaxLength(2))),
    }),
    slots: { motor: slot(Engine, "A default that lacks a setting.", { use: "@parade/diesel" }) },
    make: () => Effect.die("made"),
  }),
]

const plugins = [...fixturePlugins(), ...odd]
const registry = registryOf(plugins)
const strict = pipelineSchema({ plugins, root: Car, thirdParty: false })
const lenient = pipelineSchema({ plugins, root: Car, thirdParty: true })
const accepts = new Ajv({ allErrors: true }).compile(strict)
const acceptsOthers = new Ajv({ allErrors: true }).compile(lenient)

/** What the loader alone can know. */
const beyondSchema =
  /pipeline\.(unknown-ref|duplicate-id|ref-cycle|ref-of-wrong-kind|need-not-granted|need-unplaced|too-deep)/

/** The loader's verdict, as far as a schema can share it. */
const loaderAccepts = (pipeline: unknown): { readonly accepted: boolean; readonly why: string } => {
  const checked = Effect.runSync(Effect.result(validate(Car, pipeline, registry)))
  if (Result.isSuccess(checked)) return { accepted: true, why: "" }
  const told = checked.failure.issues.filter((issue) => !beyondSchema.test(issue.code))
  return { accepted: told.length === 0, why: checked.failure.describe() }
}

const agree = (pipeline: unknown): void => {
  const { accepted, why } = loaderAccepts(pipeline)
  assert.equal(
    accepts(pipeline),
    accepted,
    `${JSON.stringify(pipeline)}\nloader: ${why}\nschema: ${JSON.stringify(accepts.errors)}`,
  )
  if (accepted) assert.ok(acceptsOthers(pipeline))
}

test("The schema itself is a valid draft-07 schema.", () => {
  const ajv = new Ajv()
  for (const schema of [strict, lenient]) assert.ok(ajv.validateSchema(schema), JSON.stringify(ajv.errors))
  assert.equal(strict["$schema"], "http://json-schema.org/draft-07/schema#")
})

test("Valid pipelines are accepted by schema and loader.", () => {
  fc.assert(
    fc.property(pipelines(plugins, Car), (pipeline) => {
      assert.ok(accepts(pipeline), JSON.stringify([pipeline, accepts.errors]))
      agree(pipeline)
    }),
    { numRuns: 200 },
  )
})

test("Schema and loader accept and refuse the same mutated pipelines.", () => {
  let refused = 0
  fc.assert(
    fc.property(mutated(pipelines(plugins, Car)), (pipeline) => {
      agree(pipeline)
      if (!accepts(pipeline)) refused++
    }),
    { numRuns: 600 },
  )
  assert.ok(refused > 100, `Only ${refused} of the mutations did harm.`)
})

test("Other packages are let through where asked for, misspelt official ones never.", () => {
  const wheels = [{ use: "@parade/wheel" }]
  const other = (use: string): object => ({
    use: "@parade/car",
    wheels,
    engine: { use, fuel: [{ use: "x" }] },
  })
  for (const use of ["./my-engine.ts", "@acme/engine", "engine-of-mine"]) {
    assert.equal(accepts(other(use)), false, use)
    assert.equal(acceptsOthers(other(use)), true, use)
  }
  for (const use of ["@parade/elektric", "electric", ""]) assert.equal(acceptsOthers(other(use)), false, use)
  assert.equal(acceptsOthers({ use: "@acme/car", $schema: "x", any: { use: "@parade/wheel" } }), true)
  assert.equal(acceptsOthers({ use: "@acme/car", any: { use: "@parade/wheel", with: { x: 1 } } }), false)
  assert.equal(acceptsOthers({ use: "@acme/car", any: 3 }), false)
})

test("Hover text, defaults and ranges are there for editors.", () => {
  const definitions = strict["definitions"] as Record<
    string,
    { properties: Record<string, Record<string, unknown>> }
  >
  const { use, with: settings, engine } = definitions["root.car.@parade/car"]!.properties
  assert.deepEqual(use, { const: "@parade/car", title: "@parade/car", description: "Drives." })
  assert.deepEqual((settings!["properties"] as Record<string, unknown>)["seats"], {
    type: "integer",
    minimum: 1,
    maximum: 9,
    description: "How many may sit in it.",
    default: 4,
  })
  assert.equal(engine!["description"], "What moves it.")
  assert.deepEqual(engine!["default"], { use: "@parade/electric" })
})

test("Two plugins of one name and different kinds are both there.", () => {
  const car = fixturePlugins().find(({ kind }) => kind === Car)
  const twins = [...fixturePlugins(), { ...car!, kind: Wheel }]
  const schema = pipelineSchema({ plugins: twins, root: Car, thirdParty: true })
  assert.doesNotThrow(() => new Ajv().compile(schema))
})
