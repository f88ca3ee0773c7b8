import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { blocks, plugin as blocksPlugin } from "@parade/blocks"
import { contiguous, plugin as contiguousPlugin } from "@parade/contiguous"
import { collectText, compose, composeAs, decodeText, registryOf } from "@parade/core"
import { fixedCount, plugin as fixedCountPlugin } from "@parade/fixed-count"
import { fullRefresh, plugin as fullRefreshPlugin } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as listOperations } from "@parade/list-operations"
import { maskedDiffusion, plugin as maskedDiffusionPlugin } from "@parade/masked-diffusion"
import { plugin as sampler } from "@parade/standard-sampler"
import { greedySampler } from "@parade/test"
import { TaskKind } from "@parade/tasks"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { filterOf, plugin, readFilter } from "./mod.ts"
import { replay } from "./recipe-mod.ts"

const registry = registryOf([
  blocksPlugin,
  contiguousPlugin,
  fixedCountPlugin,
  fullRefreshPlugin,
  groupedQuery,
  listOperations,
  maskedDiffusionPlugin,
  plugin,
  sampler,
  transformer,
])

delete process.env["PARADE_MODEL"]

const pipeline = { use: "@parade/masked-diffusion", unmasker: { use: "@parade/learn2pd" } }
const open = compose(pipeline, { registry, base: tmpdir() })

test("With nothing said it runs on the embedded model and its own filter.", async () => {
  const program = Effect.gen(function* () {
    const decoder = yield* open
    for (const [asked, expected] of [
      ["copy: K T A W B R Q F", "K T A W B R Q F"],
      ["sort: M C Z B", "B C M Z"],
    ] as const) {
      const { text, stats } = yield* collectText(
        decodeText(decoder, [{ role: "user", content: asked }], { maxTokens: 32 }),
      )
      assert.equal(text, expected)
      assert.ok(stats.forwards <= 3)
    }
  })
  await Effect.runPromise(Effect.scoped(program))
})

test("Of what its filter takes for final on held-out prompts, as much is final as its threshold says.", async () => {
  const program = Effect.gen(function* () {
    const lists = { wording: "terse", items: "letters", notation: "spaces", maxItems: 8 }
    const task = yield* composeAs(TaskKind, { use: "@parade/list-operations", with: lists }, { registry })
    const { model } = yield* open
    const folder = fileURLToPath(new URL("filter", import.meta.url))
    const filter = filterOf(yield* readFilter(folder))
    const parts = { model, sampler: greedySampler, refresh: fullRefresh, cache: contiguous() }
    const { examples } = yield* replay(
      {
        tasks: [task],
        seed: 11,
        block: 32,
        canvas: 32,
        rule: fixedCount({ by: "confidence" }),
        decoder: (unmasker) => maskedDiffusion({ ...parts, schedule: blocks({ length: 32 }), unmasker }),
      },
      "test",
      0,
      6,
    )
    let [taken, final] = [0, 0]
    for (const { confidences, labels, masked } of examples)
      filter.logits(confidences).forEach((z, i) => {
        if (masked[i] === 0 || z <= Math.log(0.96 / 0.04)) return
        taken++
        final += labels[i]!
      })
    assert.ok(taken > 100 && final / taken >= 0.96, `${final} of ${taken}`)
  })
  await Effect.runPromise(Effect.scoped(program))
})
