import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { ModelError, type ParadeError } from "@parade/core"
import { makeFolder } from "@parade/training"
import { namedTensors, readArchitecture, tensorsOf } from "@parade/transformer"
import { loadTokenizer, openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { AdaptedCheckpoint } from "./adapted-checkpoint.ts"

/**
 * Opens a masked-diffusion checkpoint as it is; its tokenizer is copied to `folder`. Fails with `model.no-folder`,
 * `model.no-mask-token`, `model.cannot-save`, or as opening the checkpoint does.
 */
export const maskedCheckpoint = (
  source: string,
  folder: string,
): Effect.Effect<AdaptedCheckpoint, ParadeError, Scope> =>
  Effect.gen(function* () {
    const checkpoint = yield* openCheckpoint(source)
    const refuse = (code: string, message: string, advice: string): Effect.Effect<never, ModelError> =>
      Effect.fail(new ModelError({ code, message, advice, path: source }))
    if (checkpoint.format !== "safetensors" || checkpoint.folder === undefined)
      return yield* refuse(
        "model.no-folder",
        "Only a folder with safetensors can be trained further.",
        "Name the folder that has config.json and model.safetensors.",
      )
    const { config, folder: from } = checkpoint
    const mask = config["mask_token_id"] ?? readArchitecture(config, `${from}: config`).maskToken
    if (typeof mask !== "number")
      return yield* refuse(
        "model.no-mask-token",
        "The checkpoint has no mask token: it was not trained to fill in masked positions.",
        "Choose a masked-diffusion model; its config names the mask_token_id.",
      )
    yield* makeFolder(folder)
    yield* Effect.try({
      try: () => {
        for (const name of ["tokenizer.json", "tokenizer_config.json"])
          copyFileSync(join(from, name), join(folder, name))
      },
      catch: (cause) =>
        new ModelError({
          code: "model.cannot-save",
          advice: "Check that both files are there, that there is room and that you may write there.",
          message: `The tokenizer cannot be copied: ${cause instanceof Error ? cause.message : String(cause)}.`,
          path: folder,
          fault: "environment",
          cause,
        }),
    })
    return {
      folder: from,
      identity: checkpoint.identity,
      tokenizer: yield* loadTokenizer(checkpoint),
      config,
      mask,
      tensors: namedTensors(tensorsOf(checkpoint, "fp32")),
    }
  })
