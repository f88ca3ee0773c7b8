import { resolve } from "node:path"
import { ModelError } from "@parade/core"
import * as Effect from "effect/Effect"

const HELP =
  "Name a folder with config.json and model.safetensors, a .gguf file, or hf:owner/name, in the model's `source`, with --model, or in PARADE_MODEL."

/** Where the weights are: what the config names, from its own folder, or what `PARADE_MODEL` names. */
export const sourceOf = (
  source: string | undefined,
  base: string,
  path: string,
): Effect.Effect<string, ModelError> =>
  Effect.suspend(() => {
    const fromEnvironment = process.env["PARADE_MODEL"]
    if (source !== undefined) return Effect.succeed(source.startsWith("hf:") ? source : resolve(base, source))
    if (fromEnvironment !== undefined && fromEnvironment !== "")
      return Effect.succeed(fromEnvironment.startsWith("hf:") ? fromEnvironment : resolve(fromEnvironment))
    return Effect.fail(
      new ModelError({
        code: "model.no-source",
        message: "No model is named.",
        advice: HELP,
        path: `${path}.with.source`,
      }),
    )
  })
