import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Car, fixturePlugins } from "./_fixtures.ts"
import type { PipelineError } from "./pipeline-error.ts"
import type { Plan } from "./plan.ts"
import { definePlugin, slot, slots } from "./plugin.ts"
import { registryOf } from "./registry.ts"
import { validate } from "./validate.ts"

const registry = registryOf(fixturePlugins())

const plan = (source: unknown): Plan => Effect.runSync(validate(Car, source, registry))
const fail = (source: unknown): PipelineError => Effect.runSync(Effect.flip(validate(Car, source, registry)))
/** `path code` of every mistake. */
const mistakes = (source: unknown): string[] => fail(source).issues.map(({ path, code }) => `${path} ${code}`)

const wheel = { use: "@parade/wheel" }
const car = (rest: object): object => ({ use: "@parade/car", wheels: [wheel], ...rest })

test("Slots left out take their defaults, and configs theirs, recursively.", () => {
  const { root } = plan(car({ engine: { use: "@parade/diesel", with: { litres: 2 } } }))
  assert.deepEqual(root.config, { seats: 4 })
  assert.equal(root.slots["engine"]!.defaulted, false)
  assert.equal(root.slots["spare"]!.defaulted, true)
  assert.deepEqual(root.slots["spare"]!.nodes[0]!.config, { volts: 12 })
  const starter = root.slots["engine"]!.nodes[0]!.slots["starter"]!
  assert.deepEqual(starter.nodes[0]!.config, { volts: 400 })
  assert.equal(starter.nodes[0]!.path, "$.engine.starter")
})

test("A pipeline may be text, with a byte order mark.", () => {
  assert.equal(plan(`\uFEFF${JSON.stringify(car({ $schema: "x.json" }))}`).root.use, "@parade/car")
})

test("Several mistakes are told together, each at its place.", () => {
  const source = {
    use: "@parade/car",
    with: { seats: 12, color: "red", colour: "gren", plates: [{ country: "D" }, { country: 7 }] },
    engine: { use: "@parade/desel", with: { litres: 1 } },
    wheels: [wheel, { use: "@parade/electric" }, { use: "@parade/wheel", with: { inches: 17 } }, 4],
    spar: { use: "@parade/electric" },
  }
  assert.deepEqual(mistakes(source).sort(), [
    "$.engine.use pipeline.unknown-plugin",
    "$.spar pipeline.unknown-slot",
    "$.wheels[1].use pipeline.wrong-kind",
    "$.wheels[2].with.inches pipeline.unknown-key",
    "$.wheels[3] pipeline.not-a-node",
    "$.with.color pipeline.unknown-key",
    "$.with.colour pipeline.wrong-type",
    "$.with.plates[1].country pipeline.wrong-type",
    "$.with.seats pipeline.out-of-range",
  ])
})

test("A value that fails two checks is one mistake, which says all that was expected.", () => {
  assert.equal(
    fail(car({ with: { seats: 1e300 } })).describe(),
    "$.with.seats: The number 1e+300 is not valid here. Expected an integer, a value between 1 and 9. [pipeline.out-of-range]",
  )
})

test("A name that a setting may not have is told as a name, with its value.", () => {
  const named = definePlugin({
    kind: Car,
    name: "named",
    summary: "Counts.",
    config: Schema.Struct({
      counts: Schema.Record(Schema.String, Schema.Int).check(
        Schema.isPropertyNames(Schema.String.check(Schema.isPattern(/^[a-z]$/u, { expected: "a letter" }))),
      ),
    }),
    make: () => Effect.never,
  })
  const told = (counts: object): string =>
    Effect.runSync(
      Effect.flip(validate(Car, { use: "named", with: { counts } }, registryOf([named]))),
    ).describe()
  assert.equal(
    told({ ab: 1 }),
    '$.with.counts.ab: The name "ab" is not valid here. Expected a letter. [pipeline.out-of-range]',
  )
  assert.match(told({ a: "b" }), /^\$\.with\.counts\.a: "b" is not valid here\./)
})

test("A node is a plugin or a reference, not both.", () => {
  const both = car({
    engine: { use: "@parade/electric", id: "e" },
    spare: { use: "@parade/electric", ref: "e" },
  })
  assert.match(
    fail(both).describe(),
    /^\$\.spare\.ref: This node has "use" and "ref".*\[pipeline\.unknown-key\]$/,
  )
})

test("However many mistakes and however long the names, the message stays readable.", () => {
  const settings = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}${"x".repeat(5000)}`, 1]))
  const error = fail(car({ with: settings }))
  assert.equal(error.issues.length, 500)
  const lines = error.describe().split("\n")
  assert.deepEqual([lines.length, lines.at(-1)], [22, "  … and 480 more."])
  assert.ok(lines.every((line) => line.length < 3000))
})

test("A message names place, mistake, what was expected and the nearest valid name.", () => {
  const text = fail(
    car({ engine: { use: "@parade/desel" }, spar: wheel, with: { seats: 12, colour: "gren" } }),
  ).describe()
  assert.match(text, /4 mistakes/)
  assert.match(
    text,
    /\$\.engine\.use: There is no plugin "@parade\/desel"\..*Did you mean "@parade\/diesel"\?/,
  )
  assert.match(text, /\$\.spar: "@parade\/car" has no slot "spar"\..*Did you mean "spare"\?/)
  assert.match(text, /\$\.with\.seats: The number 12 .*between 1 and 9/)
  assert.match(text, /\$\.with\.colour: "gren".*"red" \| "green" \| "blue".*Did you mean "green"\?/)
})

test("A slot among the settings, and a setting among the slots, are told where they belong.", () => {
  const text = fail(car({ seats: 2, with: { engine: { use: "@parade/diesel" } } })).describe()
  assert.match(text, /\$\.seats: .*it is a setting, and stands in "with"/)
  assert.match(text, /\$\.with\.engine: .*it is a slot, and stands beside "with"/)
  assert.doesNotMatch(fail(car({ spar: wheel, with: { color: 1 } })).describe(), /it is a/)
})

test("Mistakes below a plugin that is unknown or of the wrong kind are told too.", () => {
  assert.deepEqual(
    mistakes({ use: "@parade/nothing", engine: { use: "@parade/electric", with: { volt: 1 } } }),
    ["$.use pipeline.unknown-plugin", "$.engine.with.volt pipeline.unknown-key"],
  )
  assert.deepEqual(mistakes({ use: "@parade/diesel", with: { litres: "2" } }), [
    "$.use pipeline.wrong-kind",
    "$.with.litres pipeline.wrong-type",
  ])
})

test("A list slot takes a list, a single slot one node, a required slot something.", () => {
  assert.deepEqual(mistakes({ use: "@parade/car", wheels: wheel, engine: [] }), [
    "$.engine pipeline.not-a-node",
    "$.wheels pipeline.not-a-list",
  ])
  assert.deepEqual(mistakes({ use: "@parade/car" }), ["$.wheels pipeline.missing-slot"])
  assert.deepEqual(mistakes(car({ wheels: [] })), ["$.wheels pipeline.too-few"])
  assert.deepEqual(mistakes(car({ engine: { use: "@parade/diesel" } })), [
    "$.engine.with.litres pipeline.missing-key",
  ])
})

test("Nodes without use, with a wrong id, a wrong with, or a schema below the root are refused.", () => {
  assert.deepEqual(mistakes({}), ["$ pipeline.missing-use"])
  assert.deepEqual(mistakes([]), ["$ pipeline.not-a-node"])
  assert.deepEqual(mistakes(null), ["$ pipeline.not-a-node"])
  assert.deepEqual(mistakes({ use: 3 }), ["$.use pipeline.wrong-type"])
  assert.deepEqual(mistakes(car({ id: 7, with: 3, $schema: 1 })), [
    "$.id pipeline.wrong-type",
    "$.$schema pipeline.wrong-type",
    "$.with pipeline.wrong-type",
  ])
  assert.deepEqual(mistakes(car({ engine: { use: "@parade/electric", $schema: "x" } })), [
    "$.engine.$schema pipeline.unknown-slot",
  ])
  assert.deepEqual(mistakes(car({ with: null })), ["$.with pipeline.wrong-type"])
})

test("References give the node with the id, also when it comes later.", () => {
  const { root } = plan(car({ engine: { ref: "e" }, spare: { use: "@parade/electric", id: "e" } }))
  assert.equal(root.slots["engine"]!.nodes[0], root.slots["spare"]!.nodes[0])
})

test("Dangling, cyclic and misplaced references and ids used twice are mistakes.", () => {
  assert.deepEqual(mistakes({ ref: "x" }), ["$.ref pipeline.wrong-type"])
  assert.deepEqual(
    mistakes(car({ engine: { ref: "mian" }, spare: { use: "@parade/electric", id: "main" } })),
    ["$.engine.ref pipeline.unknown-ref"],
  )
  assert.deepEqual(mistakes(car({ engine: { ref: "w" }, wheels: [{ ...wheel, id: "w" }] })), [
    "$.engine.ref pipeline.ref-of-wrong-kind",
  ])
  assert.deepEqual(
    mistakes(car({ engine: { ref: "e", with: {} }, spare: { use: "@parade/electric", id: "e" } })),
    ["$.engine.with pipeline.unknown-key"],
  )
  assert.deepEqual(mistakes(car({ id: "e", engine: { use: "@parade/electric", id: "e" } })), [
    "$.engine.id pipeline.duplicate-id",
  ])
  const loop = { use: "@parade/diesel", with: { litres: 1 }, id: "d", starter: { ref: "d" } }
  assert.deepEqual(mistakes(car({ engine: loop })), ["$.engine pipeline.ref-cycle"])
})

test("Ten thousand levels are refused without a stack overflow, as text and as a value.", () => {
  const text = `${'{"use":"@parade/car","engine":'.repeat(10_000)}{}${"}".repeat(10_000)}`
  assert.deepEqual(mistakes(text), ["$ pipeline.too-deep"])
  assert.deepEqual(mistakes("[".repeat(1_000_000)), ["$ pipeline.too-deep"])
  let value: object = {}
  for (let i = 0; i < 10_000; i++) value = { use: "@parade/car", engine: value }
  assert.deepEqual(
    fail(value).issues.map((issue) => issue.code),
    ["pipeline.too-deep"],
  )
})

test("Slots whose defaults lead to themselves are told once, however many there are.", () => {
  const self = { use: "mirror" }
  const mirror = definePlugin({
    kind: Car,
    name: "mirror",
    summary: "Two mirrors and a list of them.",
    config: Schema.Struct({}),
    slots: {
      left: slot(Car, "A mirror.", self),
      right: slot(Car, "A mirror.", self),
      more: slots(Car, "Mirrors.", [self, self]),
    },
    make: () => Effect.never,
  })
  const error = Effect.runSync(Effect.flip(validate(Car, self, registryOf([mirror]))))
  assert.deepEqual(
    error.issues.map(({ code }) => code),
    ["pipeline.too-deep"],
  )
})

test("A value that contains itself is refused.", () => {
  const value: Record<string, unknown> = { use: "@parade/car" }
  value["engine"] = value
  assert.deepEqual(
    fail(value).issues.map((issue) => issue.code),
    ["pipeline.too-deep"],
  )
})

test("A text that is no JSON is told where it breaks.", () => {
  const error = fail('{\n  "use": "@parade/car",\n}')
  assert.equal(error.code, "pipeline.not-json")
  assert.match(error.message, /line 3/)
  assert.deepEqual(mistakes(""), ["$ pipeline.not-json"])
})

test("Values JSON does not have are refused.", () => {
  assert.deepEqual(mistakes(car({ with: { seats: Number.NaN }, engine: () => 1 })), [
    "$.with.seats pipeline.not-json",
    "$.engine pipeline.not-json",
  ])
})

test("The name __proto__ is refused everywhere, and pollutes nothing.", () => {
  const text = '{"use":"@parade/car","wheels":[],"__proto__":{"seats":1},"with":{"__proto__":{"polluted":1}}}'
  assert.deepEqual(mistakes(text).sort(), [
    "$.__proto__ pipeline.reserved-name",
    "$.with.__proto__ pipeline.reserved-name",
  ])
  assert.deepEqual(
    mistakes('{"use":"@parade/car","wheels":[{"use":"@parade/wheel"}],"constructor":{},"toString":{}}'),
    ["$.constructor pipeline.unknown-slot", "$.toString pipeline.unknown-slot"],
  )
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined)
})

test("Needs reach whom they concern, once each.", () => {
  const driven = { use: "@parade/driven-wheel", with: { power: "high" } }
  const { root } = plan(
    car({ with: { seats: 7 }, wheels: [driven, driven, { use: "@parade/driven-wheel" }] }),
  )
  assert.deepEqual(root.slots["engine"]!.nodes[0]!.needs, [
    { name: "power", value: "high" },
    { name: "power", value: "low" },
  ])
  assert.deepEqual(root.slots["spare"]!.nodes[0]!.needs, [])
})

test("An optional need is handed to who grants it and dropped where nobody does.", () => {
  const wish = { use: "@parade/driven-wheel", with: { optional: true } }
  const { root } = plan(car({ wheels: [wish] }))
  assert.deepEqual(root.slots["engine"]!.nodes[0]!.needs, [{ name: "power", value: "low" }])
  const diesel = plan(car({ engine: { use: "@parade/diesel", with: { litres: 1 } }, wheels: [wish] }))
  assert.deepEqual(diesel.root.slots["engine"]!.nodes[0]!.needs, [])
})

test("A need that is not granted names who needs what of whom.", () => {
  const diesel = { use: "@parade/diesel", with: { litres: 2 } }
  const error = fail(car({ with: { seats: 7 }, engine: diesel, wheels: [{ use: "@parade/driven-wheel" }] }))
  assert.deepEqual(
    error.issues.map(({ path, code }) => `${path} ${code}`),
    ["$ pipeline.need-not-granted", "$.wheels[0] pipeline.need-not-granted"],
  )
  assert.match(
    error.describe(),
    /"@parade\/car" needs power "high" of the engine "@parade\/diesel" at \$\.engine/,
  )
})
