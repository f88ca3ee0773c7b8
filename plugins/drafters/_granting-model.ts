import { definePlugin, type Model, ModelKind, type Need, type ParadeError, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"

/** Models by name that grant what they are told to, and what was asked of the one that was made last. */
export interface GrantingModels {
  readonly asked: readonly Need[]
  readonly plugin: (
    name: string,
    grants: readonly string[],
    change?: (model: Model) => Model,
  ) => Plugin<Model>
}

/** Plugins of one model, changed as each of them says. */
export const grantingModels = (model: Effect.Effect<Model, ParadeError, Scope>): GrantingModels => {
  const asked: Need[] = []
  return {
    asked,
    plugin: (name, grants, change = (same) => same) =>
      definePlugin({
        kind: ModelKind,
        name,
        summary: "A tiny Llama.",
        config: Schema.Struct({}),
        grants,
        make: (_, __, { needs }) => {
          asked.splice(0, Infinity, ...needs)
          return Effect.map(model, change)
        },
      }),
  }
}
