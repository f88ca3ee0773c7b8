import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as fc from "fast-check"
import { Car, Engine, fixturePlugins, type Garage, type Made } from "./_fixtures.ts"
import { buildTogether } from "./build.ts"
import { compose, composeAs } from "./compose.ts"
import { WeightsError } from "./error.ts"
import type { PipelineError } from "./pipeline-error.ts"
import { definePlugin, type MakeContext, type Plugin } from "./plugin.ts"
import { registryOf } from "./registry.ts"
import { validate } from "./validate.ts"

const garage = (before: Garage["before"] = () => Effect.void): Garage => ({ log: [], before })

const composeCar = (source: unknown, world: Garage): Effect.Effect<Made, PipelineError, Scope.Scope> =>
  composeAs(Car, source, { registry: registryOf(fixturePlugins(world)) })

const example = {
  use: "@parade/car",
  engine: { use: "@parade/diesel", with: { litres: 2 } },
  spare: { ref: "first" },
  wheels: [{ use: "@parade/wheel" }, { use: "@parade/wheel" }],
}
const shared = {
  ...example,
  engine: { ...example.engine, starter: { use: "@parade/electric", id: "first" } },
}

const released = (log: readonly string[]): void => {
  const acquired = log.filter((line) => line.startsWith("+")).map((line) => line.slice(1))
  const freed = log.filter((line) => line.startsWith("-")).map((line) => line.slice(1))
  assert.deepEqual(freed, acquired.toReversed())
}

test("Children are made before parents, a shared node once, and all are released in reverse order.", () => {
  const world = garage()
  const car = Effect.runSync(
    Effect.scoped(
      Effect.tap(composeCar(shared, world), () => Effect.sync(() => assert.equal(world.log.length, 5))),
    ),
  )
  assert.deepEqual(world.log.slice(0, 5), ["+electric", "+diesel", "+wheel", "+wheel", "+car"])
  released(world.log)
  const engine = car.slots["engine"] as Made
  assert.equal(car.slots["spare"], engine.slots["starter"])
  assert.equal((car.slots["wheels"] as Made[]).length, 2)
  assert.deepEqual(car.config, { seats: 4 })
})

test("Whichever acquisition fails, everything acquired is released at once and the place is told.", () => {
  for (let n = 0; n < 5; n++) {
    const world = garage((count) =>
      count === n
        ? (Effect.fail(
            new WeightsError({
              code: "weights.gone",
              message: "It is gone.",
              path: "a.bin",
              advice: "Fetch it.",
            }),
          ) as never)
        : Effect.void,
    )
    const scope = Scope.makeUnsafe()
    const error = Effect.runSync(Effect.flip(Scope.provide(composeCar(shared, world), scope)))
    assert.equal(world.log.length, 2 * n)
    released(world.log)
    assert.equal(error.code, "weights.gone")
    assert.equal(
      error.issues[0]?.path,
      ["$.engine.starter", "$.engine", "$.wheels[0]", "$.wheels[1]", "$"][n],
    )
    assert.match(error.describe(), /a\.bin: It is gone\. Fetch it\. \[weights\.gone\]/)
    Effect.runSync(Scope.close(scope, Exit.void))
    assert.equal(world.log.length, 2 * n)
  }
})

test("Interrupting at any acquisition releases everything acquired.", async () => {
  for (let n = 0; n < 5; n++) {
    let reached: () => void = () => {}
    const there = new Promise<void>((resolve) => (reached = resolve))
    const world = garage((count) =>
      count === n ? Effect.andThen(Effect.sync(reached), Effect.never) : Effect.void,
    )
    const scope = Scope.makeUnsafe()
    const fiber = Effect.runFork(Scope.provide(composeCar(shared, world), scope))
    await there
    await Effect.runPromise(Fiber.interrupt(fiber))
    assert.equal(world.log.length, 2 * n)
    released(world.log)
  }
})

test("A plugin that throws is a failure of that plugin, not of composition.", () => {
  const world = garage((count) =>
    count === 1 ? Effect.die(new TypeError("x is not a function")) : Effect.void,
  )
  const error = Effect.runSync(Effect.flip(Effect.scoped(composeCar(shared, world))))
  assert.equal(error.code, "pipeline.plugin-crashed")
  assert.equal(error.fault, "bug")
  assert.match(error.describe(), /\$\.engine: The plugin "@parade\/diesel" crashed: x is not a function/)
  released(world.log)
})

test("A plugin whose make gives no Effect, nothing, or a failure that is none is told as crashed.", () => {
  const told = (make: () => unknown): string => {
    const odd = definePlugin({
      kind: Engine,
      name: "odd",
      summary: "Odd.",
      config: Schema.Struct({}),
      make: make as () => Effect.Effect<never>,
    })
    const source = { use: "@parade/car", engine: { use: "odd" }, wheels: [{ use: "@parade/wheel" }] }
    const registry = registryOf([...fixturePlugins(), odd])
    const error = Effect.runSync(Effect.flip(Effect.scoped(composeAs(Car, source, { registry }))))
    assert.equal(error.fault, "bug")
    return error.describe()
  }
  const crashed = (said: string): string =>
    `$.engine: The plugin "odd" crashed: ${said} [pipeline.plugin-crashed]`
  assert.equal(
    told(() => 5),
    crashed("its make gives no Effect"),
  )
  assert.equal(
    told(() => Effect.void),
    crashed("its make gives nothing"),
  )
  assert.equal(
    told(() => Effect.fail(new Error("plain"))),
    crashed("plain"),
  )
})

test("Plans made together share what is shared, know of each other, and keep their folders and places.", () => {
  const seen: [string, number, unknown][] = []
  const asked = definePlugin({
    kind: Engine,
    name: "asked",
    summary: "Tells what it is given.",
    config: Schema.Struct({ broken: Schema.optionalKey(Schema.Boolean) }),
    make: ({ broken }, _, { base, peers, shared: once }) =>
      Effect.gen(function* () {
        if (broken === true) return yield* Effect.die("broken")
        seen.push([
          base,
          peers,
          yield* once(
            "key",
            Effect.sync(() => ({})),
          ),
        ])
        return { name: "asked", config: {}, slots: {}, needs: [] }
      }),
  })
  const registry = registryOf([asked])
  const part = (base: string, settings: object) =>
    Effect.map(validate(Engine, { use: "asked", with: settings }, registry), (plan) => ({
      plan,
      base,
      place: (path: string) => `${base}: ${path}`,
    }))
  const together = (...folders: readonly (readonly [string, object])[]) =>
    Effect.scoped(
      Effect.flatMap(
        Effect.forEach(folders, ([base, rest]) => part(base, rest)),
        buildTogether,
      ),
    )
  assert.equal(Effect.runSync(together(["a", {}], ["b", {}])).length, 2)
  const [first, second] = seen
  assert.deepEqual(
    [first!.slice(0, 2), second!.slice(0, 2)],
    [
      ["a", 1],
      ["b", 1],
    ],
  )
  assert.equal(first![2], second![2])
  const error = Effect.runSync(Effect.flip(together(["a", {}], ["b", { broken: true }])))
  assert.match(error.describe(), /^b: \$: The plugin "asked" crashed: broken/)
})

test("Random pipelines failing at a random place release what they acquired, in reverse order.", () => {
  const engine = fc.letrec<{ engine: object }>((tie) => ({
    engine: fc.oneof(
      { depthSize: "small" },
      fc.constant({ use: "@parade/electric" }),
      fc.record({
        use: fc.constant("@parade/diesel"),
        with: fc.record({ litres: fc.integer({ min: 1, max: 9 }) }),
        starter: tie("engine"),
      }),
    ),
  })).engine
  const car = fc.record({
    use: fc.constant("@parade/car"),
    engine,
    spare: engine,
    wheels: fc.array(fc.constantFrom({ use: "@parade/wheel" }, { use: "@parade/driven-wheel", with: {} }), {
      maxLength: 3,
    }),
  })
  fc.assert(
    fc.property(car, fc.nat(12), (source, n) => {
      const world = garage((count) => (count === n ? Effect.die("broken") : Effect.void))
      Effect.runSync(Effect.exit(Effect.scoped(composeCar(source, world))))
      released(world.log)
    }),
  )
})

const asking = (name: string, keys: readonly string[], seen: unknown[]): Plugin =>
  definePlugin({
    kind: Engine,
    name,
    summary: "Asks for shared values.",
    config: Schema.Struct({}),
    slots: {},
    make: (_, __, context: MakeContext) =>
      Effect.gen(function* () {
        for (const key of keys)
          seen.push(
            yield* context.shared(
              key,
              Effect.acquireRelease(
                Effect.sync(() => ({ key })),
                () => Effect.sync(() => seen.push(`-${key}`)),
              ),
            ),
          )
        return { name, config: {}, slots: {}, needs: [] }
      }),
  })

test("A shared value is acquired once per pipeline and released with it.", () => {
  const seen: unknown[] = []
  const registry = registryOf([...fixturePlugins(), asking("asking", ["a", "b", "a"], seen)])
  const source = {
    use: "@parade/car",
    wheels: [{ use: "@parade/wheel" }],
    engine: { use: "asking" },
    spare: { use: "asking" },
  }
  const once = Effect.scoped(composeAs(Car, source, { registry }))
  Effect.runSync(once)
  const [first, second, third, fourth] = seen
  assert.equal(first, third)
  assert.equal(first, fourth)
  assert.notEqual(first, second)
  assert.deepEqual(seen.slice(6), ["-b", "-a"])
  Effect.runSync(once)
  assert.notEqual(seen[8], first)
})

test("A shared value that could not be acquired is not kept.", () => {
  let attempts = 0
  const trying = definePlugin({
    kind: Engine,
    name: "trying",
    summary: "Tries twice.",
    config: Schema.Struct({}),
    make: (_, __, context) =>
      Effect.gen(function* () {
        const attempt = context.shared(
          "once",
          Effect.suspend(() => (++attempts === 1 ? Effect.fail("no") : Effect.succeed("yes"))),
        )
        const value = yield* Effect.orElseSucceed(attempt, () => "missed")
        const again = yield* Effect.orElseSucceed(attempt, () => "missed")
        return { name: `${value} ${again}`, config: {}, slots: {}, needs: [] }
      }),
  })
  const made = Effect.runSync(
    Effect.scoped(composeAs(Engine, { use: "trying" }, { registry: registryOf([trying]) })),
  )
  assert.equal(made.name, "missed yes")
})

test("A pipeline is a decoder unless another kind is asked for.", () => {
  const registry = registryOf(fixturePlugins())
  const error = Effect.runSync(Effect.flip(Effect.scoped(compose({ use: "@parade/electric" }, { registry }))))
  assert.equal(error.code, "pipeline.wrong-kind")
  assert.equal(
    Effect.runSync(Effect.scoped(composeAs(Engine, { use: "@parade/electric" }, { registry }))).name,
    "electric",
  )
})

test("A plugin is told its place, the base folder and what others need of it.", () => {
  const contexts: MakeContext[] = []
  const telling = definePlugin({
    kind: Engine,
    name: "telling",
    summary: "Tells.",
    config: Schema.Struct({}),
    grants: ["power"],
    make: (_, __, context) => {
      contexts.push(context)
      return Effect.succeed({ name: "telling", config: {}, slots: {}, needs: [] })
    },
  })
  const registry = registryOf([...fixturePlugins(), telling])
  const source = { use: "@parade/car", wheels: [{ use: "@parade/driven-wheel" }], engine: { use: "telling" } }
  Effect.runSync(Effect.scoped(composeAs(Car, source, { registry, base: "/somewhere" })))
  assert.equal(contexts[0]!.path, "$.engine")
  assert.equal(contexts[0]!.base, "/somewhere")
  assert.deepEqual(contexts[0]!.needs, [{ name: "power", value: "low" }])
})

test("A plugin is told how many others of its kind there are; a node that stands in several places is one.", () => {
  const peers: number[] = []
  const telling = definePlugin({
    kind: Engine,
    name: "telling",
    summary: "Tells.",
    config: Schema.Struct({}),
    make: (_, __, context) => {
      peers.push(context.peers)
      return Effect.succeed({ name: "telling", config: {}, slots: {}, needs: [] })
    },
  })
  const registry = registryOf([...fixturePlugins(), telling])
  const peersWith = (engine: object, spare: object): readonly number[] => {
    peers.length = 0
    const source = { use: "@parade/car", wheels: [{ use: "@parade/wheel" }], engine, spare }
    Effect.runSync(Effect.scoped(composeAs(Car, source, { registry })))
    return [...peers]
  }
  const diesel = { use: "@parade/diesel", with: { litres: 1 }, starter: { use: "telling" } }
  assert.deepEqual(peersWith({ use: "telling", id: "only" }, { ref: "only" }), [0])
  assert.deepEqual(peersWith({ use: "telling" }, { use: "telling" }), [1, 1])
  assert.deepEqual(peersWith(diesel, { use: "telling" }), [2, 2])
})
