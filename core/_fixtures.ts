import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { type Kind, kind } from "./kind.ts"
import { definePlugin, type Plugin, slot, slots } from "./plugin.ts"

/** What the plugins of the tests make: their name, what they got, what fills their slots. */
export interface Made {
  readonly name: string
  readonly config: unknown
  readonly slots: Readonly<Record<string, unknown>>
  readonly needs: readonly unknown[]
}

export const Engine: Kind<Made> = kind("engine")
export const Wheel: Kind<Made> = kind("wheel")
export const Car: Kind<Made> = kind("car")

/** Told of every acquisition and release, and able to fail one. */
export interface Garage {
  readonly log: string[]
  /** Before the n-th acquisition, counted from 0. */
  readonly before: (count: number) => Effect.Effect<void>
}

const acquire = (garage: Garage, made: Made): Effect.Effect<Made, never, Scope> =>
  Effect.suspend(() => {
    const count = garage.log.filter((line) => line.startsWith("+")).length
    return Effect.andThen(
      garage.before(count),
      Effect.acquireRelease(
        Effect.sync(() => {
          garage.log.push(`+${made.name}`)
          return made
        }),
        () => Effect.sync(() => garage.log.push(`-${made.name}`)),
      ),
    )
  })

/** A small world of plugins: a car with an engine (by default electric), wheels (a list) and a trailer. */
export const fixturePlugins = (
  garage: Garage = { log: [], before: () => Effect.void },
): readonly Plugin[] => {
  const make =
    (name: string) => (config: unknown, filled: unknown, context: { readonly needs: readonly unknown[] }) =>
      acquire(garage, { name, config, slots: filled as Made["slots"], needs: context.needs })
  return [
    definePlugin({
      kind: Car,
      name: "@parade/car",
      summary: "Drives.",
      config: Schema.Struct({
        seats: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))
          .annotate({ description: "How many may sit in it.", default: 4 })
          .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4))),
        colour: Schema.optionalKey(Schema.Literals(["red", "green", "blue"])),
        plates: Schema.optionalKey(Schema.Array(Schema.Struct({ country: Schema.String }))),
      }),
      slots: {
        engine: slot(Engine, "What moves it.", { use: "@parade/electric" }),
        spare: slot(Engine, "What moves it then.", { use: "@parade/electric", with: { volts: 12 } }),
        wheels: slots(Wheel, "What it stands on.", undefined, { least: 1 }),
      },
      needs: ({ seats }) => (seats > 6 ? [{ slot: "engine", name: "power", value: "high" }] : []),
      make: make("car"),
    }),
    definePlugin({
      kind: Engine,
      name: "@parade/electric",
      summary: "Hums.",
      config: Schema.Struct({
        volts: Schema.Finite.check(Schema.isGreaterThan(0)).pipe(
          Schema.withDecodingDefaultKey(Effect.succeed(400)),
        ),
      }),
      grants: ["power"],
      make: make("electric"),
    }),
    definePlugin({
      kind: Engine,
      name: "@parade/diesel",
      summary: "Smokes.",
      config: Schema.Struct({ litres: Schema.Finite }),
      slots: { starter: slot(Engine, "What starts it.", { use: "@parade/electric" }) },
      make: make("diesel"),
    }),
    definePlugin({
      kind: Wheel,
      name: "@parade/wheel",
      summary: "Rolls.",
      config: Schema.Struct({}),
      make: make("wheel"),
    }),
    definePlugin({
      kind: Wheel,
      name: "@parade/driven-wheel",
      summary: "Rolls by itself.",
      config: Schema.Struct({
        power: Schema.optionalKey(Schema.Literals(["low", "high"])),
        optional: Schema.optionalKey(Schema.Boolean),
      }),
      needs: ({ power, optional = false }) => [
        { hostSlot: "engine", name: "power", value: power ?? "low", optional },
      ],
      make: make("driven-wheel"),
    }),
  ]
}
