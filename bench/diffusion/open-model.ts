import type { Model, ParadeError } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { load } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/**
 * Any checkpoint as a masked-diffusion model, its first token the mask: for prices, which do not depend on what is said.
 * One thread, so that processor time is time.
 */
export const openForPrices = (
  source: string,
  outputs: readonly string[],
): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(
    load({
      source,
      dtype: "auto",
      device: "cpu",
      threads: 1,
      attention: groupedQueryAttention,
      outputs,
      takesVectors: false,
      lendsHead: false,
    }),
    (model) => ({ ...model, info: { ...model.info, maskToken: model.info.maskToken ?? 0 } }),
  )
