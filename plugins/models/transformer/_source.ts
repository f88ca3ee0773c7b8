import type { WeightsError } from "@parade/core"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { TransformerConfig } from "./config.ts"

/**
 * Where the weights are: what the config names, seen from its own folder; else what `PARADE_MODEL` names, seen from the
 * current one; else the fallback.
 */
export const sourceOf = (
  { source, fallback }: Pick<TransformerConfig, "source" | "fallback">,
  base: string,
): Effect.Effect<string, WeightsError> =>
  Effect.suspend(() => {
    if (source !== undefined) return locateSource(source, base)
    const named = process.env["PARADE_MODEL"]
    return named === undefined || named === ""
      ? locateSource(fallback, base)
      : locateSource(named, process.cwd())
  })
