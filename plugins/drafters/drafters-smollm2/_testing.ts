import { tmpdir } from "node:os"
import { join } from "node:path"
import { plugin as autoregressive } from "@parade/autoregressive"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, decodeText, type Plugin, registryOf, type FinishedEvent } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"

// Half a gigabyte of float weights: kept from run to run.
process.env["PARADE_CACHE"] ??= join(tmpdir(), "parade-test-cache")

/** What a pipeline is composed of where a drafter is at hand. */
export const composedWith =
  (drafter: Plugin) =>
  (pipeline: object): ReturnType<typeof compose> =>
    compose(pipeline, {
      registry: registryOf([
        autoregressive,
        contiguous,
        drafter,
        exactMatch,
        groupedQuery,
        sampler,
        speculative,
        transformer,
      ]),
      base: tmpdir(),
    })

/** A short answer of the model in float weights, plainly and drafted. */
export const answers = async (
  source: string,
  plugin: Plugin,
  drafter: object,
): Promise<{ readonly plain: FinishedEvent; readonly drafted: FinishedEvent }> => {
  const model = { use: "@parade/transformer", with: { source, dtype: "fp32", device: "cpu" } }
  const answer = (pipeline: object): Promise<FinishedEvent> =>
    composedWith(plugin)(pipeline).pipe(
      Effect.flatMap((decoder) =>
        collectText(
          decodeText(decoder, [{ role: "user", content: "List five uses of salt." }], { maxTokens: 24 }),
        ),
      ),
      Effect.scoped,
      Effect.runPromise,
    )
  return {
    plain: await answer({ use: "@parade/autoregressive", model }),
    drafted: await answer({
      use: "@parade/speculative",
      with: { adaptive: false, maxDraft: 3 },
      model,
      drafter,
    }),
  }
}
