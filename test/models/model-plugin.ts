import { definePlugin, type Model, ModelKind, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * A plugin that gives a model as it is, to be registered under the name that a pipeline asks for.
 *
 * @param name - the plugin's; without it, that of the default model, whose place the model then takes
 */
export const modelPlugin = (model: Model, name = "@parade/transformer"): Plugin<Model> =>
  definePlugin({
    kind: ModelKind,
    name,
    summary: "A model made for tests.",
    // The one setting that decoders fill in for the default model.
    config: Schema.Struct({ fallback: Schema.optionalKey(Schema.String) }),
    grants: ["visibility"],
    make: () => Effect.succeed(model),
  })
