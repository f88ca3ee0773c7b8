import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { test } from "node:test"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, decodeText, registryOf } from "@parade/core"
import { plugin as fixedCount } from "@parade/fixed-count"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"
import { plugin as sampler } from "@parade/standard-sampler"
import { plugin as threshold } from "@parade/threshold"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"

const registry = registryOf([
  blocks,
  contiguous,
  fixedCount,
  fullRefresh,
  groupedQuery,
  maskedDiffusion,
  sampler,
  threshold,
  transformer,
])

/** What a pipeline that names no model answers, seen from a folder that has none. */
const answer = (pipeline: object, content: string) =>
  Effect.runPromise(
    compose(pipeline, { registry, base: tmpdir() }).pipe(
      Effect.flatMap((decoder) =>
        collectText(decodeText(decoder, [{ role: "user", content }], { maxTokens: 32 })),
      ),
      Effect.scoped,
    ),
  )

delete process.env["PARADE_MODEL"]

const lists: readonly (readonly [prompt: string, answer: string])[] = [
  ["copy: K T A W B R Q F", "K T A W B R Q F"],
  ["sort: M C Z B", "B C M Z"],
  ["replace 2 by X: H J L P S", "H J X P S"],
]

for (const [prompt, expected] of lists)
  test(`A pipeline of masked diffusion that names no model runs on the embedded one: ${prompt}`, async () => {
    const { text, stats } = await answer({ use: "@parade/masked-diffusion" }, prompt)
    assert.equal(text, expected)
    const slow = await answer(
      { use: "@parade/masked-diffusion", unmasker: { use: "@parade/fixed-count" } },
      prompt,
    )
    assert.equal(slow.text, expected)
    assert.ok(stats.forwards < slow.stats.forwards / 3)
  })
