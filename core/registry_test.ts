import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Engine, fixturePlugins, Wheel } from "./_fixtures.ts"
import type { PipelineProblem } from "./pipeline-error.ts"
import { definePlugin, type Plugin, slot } from "./plugin.ts"
import { entryOf, makeRegistry, type ModuleLoader, type Registry, registryOf } from "./registry.ts"

const plugins = fixturePlugins()
const electric = plugins[1]!
const wheel = plugins[3]!

const serving =
  (modules: Readonly<Record<string, Record<string, unknown>>>): ModuleLoader =>
  (name) =>
    modules[name] === undefined
      ? Effect.fail({ reason: "notFound", message: `There is no ${name}.` })
      : Effect.succeed(modules[name])

const resolve = (registry: Registry, use: string, kind?: string): Plugin =>
  Effect.runSync(registry.resolve(use, kind))
const refuse = (registry: Registry, use: string, kind?: string): PipelineProblem =>
  Effect.runSync(Effect.flip(registry.resolve(use, kind)))

test("One package may export several plugins; the kind picks one.", () => {
  const registry = makeRegistry({ entries: [], load: serving({ parts: { electric, wheel, version: "1" } }) })
  assert.equal(resolve(registry, "parts", "engine"), electric)
  assert.equal(resolve(registry, "parts", "wheel"), wheel)
  assert.equal(refuse(registry, "parts").code, "pipeline.ambiguous-plugin")
  assert.match(
    refuse(registry, "parts", "verifier").message,
    /an engine and a wheel; this place takes a verifier/,
  )
})

test("A plugin outside the index is loaded by its specifier.", () => {
  const registry = makeRegistry({ entries: [], load: serving({ "./mine.ts": { electric } }) })
  assert.equal(resolve(registry, "./mine.ts", "engine"), electric)
})

test("An unknown plugin brings the nearest name of its kind, then of any kind.", () => {
  const registry = registryOf(plugins)
  assert.equal(refuse(registry, "electrik", "engine").nearest, "@parade/electric")
  assert.equal(refuse(registry, "@parade/whel", "engine").nearest, "@parade/wheel")
  assert.match(refuse(registry, "zzz", "engine").expected!, /an engine: @parade\/electric, @parade\/diesel/)
})

test("The kind of an indexed plugin is refused without loading it.", () => {
  const registry = makeRegistry({
    entries: [entryOf(electric, "@parade/electric", "1.0.0")],
    load: () => Effect.die("loaded"),
  })
  assert.equal(refuse(registry, "@parade/electric", "wheel").code, "pipeline.wrong-kind")
})

test("Packages that are missing, broken, empty or unfit are told apart.", () => {
  const reserved = definePlugin({
    kind: Wheel,
    name: "reserved",
    summary: "Has a slot no JSON can fill.",
    config: Schema.Struct({}),
    slots: { with: slot(Engine, "Out of reach.") },
    make: () => Effect.die("made"),
  })
  const entries = [entryOf(electric, "@parade/electric", "1.0.0")]
  const load: ModuleLoader = (name) =>
    name === "broken"
      ? Effect.fail({ reason: "failed", message: "Unexpected token." })
      : name === "./gone.ts"
        ? Effect.fail({ reason: "noFile", message: "There is no file /x/gone.ts.", nearest: "gong.ts" })
        : serving({ empty: { a: 1, b: { "~parade/plugin": 2 } }, reserved: { reserved } })(name)
  const registry = makeRegistry({ entries, load })
  assert.equal(refuse(registry, "@parade/electric", "engine").code, "pipeline.plugin-not-installed")
  assert.equal(refuse(registry, "broken", "engine").code, "pipeline.plugin-not-loadable")
  assert.deepEqual(refuse(registry, "./gone.ts", "engine"), {
    code: "pipeline.missing-plugin-file",
    message: "There is no file /x/gone.ts.",
    nearest: "gong.ts",
  })
  assert.equal(refuse(registry, "empty", "engine").code, "pipeline.no-plugin")
  assert.match(refuse(registry, "empty", "engine").message, /what it exports is a, b\.$/)
  assert.equal(refuse(registry, "reserved", "wheel").code, "pipeline.unfit-plugin")
})

test("A plugin written without types is told what it lacks.", () => {
  const whole = { ...electric }
  const lacks = (name: string): string => {
    const { [name as keyof typeof whole]: _, ...rest } = whole
    const registry = makeRegistry({ entries: [], load: serving({ typeless: { rest } }) })
    const { code, message } = refuse(registry, "typeless", "engine")
    assert.equal(code, "pipeline.unfit-plugin")
    return message
  }
  assert.match(lacks("kind"), /it has no kind/)
  assert.match(lacks("name"), /it has no name/)
  assert.match(lacks("config"), /its config is no Schema/)
  assert.match(lacks("make"), /it has no make/)
})

test("A name that only lacks its scope is not looked for elsewhere.", () => {
  const registry = makeRegistry({
    entries: [entryOf(electric, "@parade/electric", "1.0.0")],
    load: () => Effect.die("loaded"),
  })
  assert.equal(refuse(registry, "electric", "engine").nearest, "@parade/electric")
})

test("What a package exports beside its root is loaded by itself, and only where its kind is wanted.", () => {
  const entries = [
    entryOf(electric, "@parade/electric", "1.0.0"),
    { ...entryOf(electric, "@parade/electric", "1.0.0", "./wheel"), kind: wheel.kind.name },
  ]
  const own = definePlugin({ ...wheel, name: "@parade/electric" })
  const loaded: string[] = []
  const registry = makeRegistry({
    entries,
    load: (name) => {
      loaded.push(name)
      return serving({ "@parade/electric": { electric }, "@parade/electric/wheel": { own } })(name)
    },
  })
  assert.equal(resolve(registry, "@parade/electric", "engine"), electric)
  assert.deepEqual(loaded, ["@parade/electric"])
  assert.equal(resolve(registry, "@parade/electric", "wheel"), own)
  assert.deepEqual(loaded.slice(1), ["@parade/electric/wheel"])
  assert.equal(refuse(registry, "@parade/electric").code, "pipeline.ambiguous-plugin")
})

test("A package outside the index may export plugins of a kind in a place of that name.", () => {
  const registry = makeRegistry({
    entries: [],
    load: serving({ parts: { electric }, "parts/wheel": { wheel }, plain: { electric } }),
  })
  assert.equal(resolve(registry, "parts", "wheel"), wheel)
  assert.equal(resolve(registry, "parts", "engine"), electric)
  assert.equal(refuse(registry, "plain", "wheel").code, "pipeline.wrong-kind")
})
