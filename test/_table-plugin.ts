import { definePlugin, type Model, ModelKind, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Faults, makeFaults, tableModel } from "./mod.ts"

/** The end of text of every table. */
export const endToken = 6
export const vocabularySize = 7

/** Table models for pipelines in JSON; every call of theirs goes through the guards. */
export const tablePlugin = (faults: Faults = makeFaults()): Plugin<Model> =>
  definePlugin({
    kind: ModelKind,
    name: "@parade/table",
    summary: "A random table.",
    config: Schema.Struct({ seed: Schema.Int, order: Schema.Int }),
    grants: ["visibility"],
    make: ({ seed, order }) =>
      Effect.succeed(
        faults.model(
          tableModel({ vocabularySize, order, seed, endTokens: [endToken], positional: true, spread: 2 }),
        ),
      ),
  })
