import { ModelError, type WeightsError } from "@parade/core"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"

const HELP =
  "Name a folder with config.json and model.safetensors, a .gguf file, hf:owner/name, or npm:package/folder, in the model's `source`, with --model, or in PARADE_MODEL."

/** Where the weights are: what the config names, seen from its own folder, or what `PARADE_MODEL` names. */
export const sourceOf = (
  source: string | undefined,
  base: string,
  path: string,
): Effect.Effect<string, ModelError | WeightsError> =>
  Effect.suspend((): Effect.Effect<string, ModelError | WeightsError> => {
    if (source !== undefined) return locateSource(source, base)
    const named = process.env["PARADE_MODEL"]
    if (named !== undefined && named !== "") return locateSource(named, process.cwd())
    return Effect.fail(
      new ModelError({
        code: "model.no-source",
        message: "No model is named.",
        advice: HELP,
        path: `${path}.with.source`,
      }),
    )
  })
