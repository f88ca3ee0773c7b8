import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as autoregressive } from "@parade/autoregressive"
import { plugin as contiguous } from "@parade/contiguous"
import {
  collectText,
  compose,
  decodeText,
  type FinishedEvent,
  type PipelineError,
  type Plugin,
  registryOf,
} from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import { sharedOrSkip } from "@parade/test/shared"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"

// Half a gigabyte of float weights: kept from run to run.
process.env["PARADE_CACHE"] ??= join(tmpdir(), "parade-test-cache")

/** What a pipeline is composed of where a drafter is at hand. */
const composedWith =
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
const answers = async (
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

/** What holds of every drafter whose parts the package has: they are refused for the embedded model, and lossless for SmolLM2. */
export const draftsForSmolLM2 = (
  plugin: Plugin,
  drafter: object,
  refusal: { readonly of: string; readonly code: string },
): void => {
  test(`${refusal.of} is refused`, async () => {
    const pipeline = {
      use: "@parade/speculative",
      model: { use: "@parade/transformer", with: { source: "npm:@parade/model-tiny-text/model" } },
      drafter,
    }
    const error = await Effect.runPromise(Effect.scoped(Effect.flip(composedWith(plugin)(pipeline))))
    assert.equal((error as PipelineError).issues[0]!.code, refusal.code)
  })

  test("with float weights SmolLM2 says what it says plainly, in fewer forwards", async (t) => {
    const source = sharedOrSkip(t, "models", "SmolLM2-135M-Instruct")
    if (source === undefined) return
    const { plain, drafted } = await answers(source, plugin, drafter)
    assert.deepEqual(drafted.tokens, plain.tokens)
    assert.ok(drafted.stats.tokensPerForward > 1.2, String(drafted.stats.tokensPerForward))
  })
}
