import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { test } from "node:test"
import { plugin as autoregressive } from "@parade/autoregressive"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, decodeText, registryOf } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as promptLookup } from "@parade/prompt-lookup"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"

const registry = registryOf([
  autoregressive,
  contiguous,
  exactMatch,
  groupedQuery,
  promptLookup,
  sampler,
  speculative,
  transformer,
])

/** What a pipeline that names no model answers, seen from a folder that has none. */
const answer = (pipeline: object, content: string) =>
  Effect.runPromise(
    compose(pipeline, { registry, base: tmpdir() }).pipe(
      Effect.flatMap((decoder) =>
        collectText(decodeText(decoder, [{ role: "user", content }], { maxTokens: 64 })),
      ),
      Effect.scoped,
    ),
  )

const passive = "Say it in the passive: The clean clerk copied the noble bowl at the village.\n"

delete process.env["PARADE_MODEL"]

test("A pipeline that names no model runs on the embedded one.", async () => {
  const { text, reason } = await answer({ use: "@parade/autoregressive" }, passive)
  assert.equal(text, "The noble bowl was copied by the clean clerk at the village.")
  assert.equal(reason, "endToken")
})

test("Speculation on the embedded model gives the same text, and never needs more forwards.", async () => {
  const { text, stats } = await answer(
    { use: "@parade/speculative", drafter: { use: "@parade/prompt-lookup" } },
    passive,
  )
  assert.equal(text, "The noble bowl was copied by the clean clerk at the village.")
  assert.ok(stats.forwards <= stats.tokens)
})
