import type { WeightsError } from "@parade/core"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"

/** What runs where nobody says which model. */
export const embeddedModel = "npm:@parade/model-tiny-text/model"

/**
 * Where the weights are: what the config names, seen from its own folder; else what `PARADE_MODEL` names, seen from the
 * current one; else the embedded model.
 */
export const sourceOf = (source: string | undefined, base: string): Effect.Effect<string, WeightsError> =>
  Effect.suspend(() => {
    if (source !== undefined) return locateSource(source, base)
    const named = process.env["PARADE_MODEL"]
    return named === undefined || named === ""
      ? locateSource(embeddedModel, base)
      : locateSource(named, process.cwd())
  })
