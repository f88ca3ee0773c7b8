import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { test } from "node:test"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, composeAs, decodeText, registryOf } from "@parade/core"
import { plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as listOperations } from "@parade/list-operations"
import { plugin as sampler } from "@parade/standard-sampler"
import { type Task, TaskKind } from "@parade/tasks"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const registry = registryOf([
  blocks,
  contiguous,
  entropyThreshold,
  fullRefresh,
  groupedQuery,
  listOperations,
  plugin,
  sampler,
  transformer,
])

delete process.env["PARADE_MODEL"]

const lists = {
  use: "@parade/list-operations",
  with: { wording: "terse", items: "letters", notation: "spaces", minItems: 8, maxItems: 8 },
}

/** What a pipeline answers right, and the forwards it takes, seen from a folder without a model. */
const answers = (pipeline: object, count: number) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const task: Task = yield* composeAs(TaskKind, lists, { registry })
      const decoder = yield* compose(pipeline, { registry, base: tmpdir() })
      let [right, forwards] = [0, 0]
      for (let i = 0; i < count; i++) {
        const { prompt, score } = task.example("test", i, 7)
        const asked = [{ role: "user", content: prompt.trim() }] as const
        const { text, stats } = yield* collectText(decodeText(decoder, [...asked], { maxTokens: 32 }))
        right += Number(score(text).correct)
        forwards += stats.forwards
      }
      return { right, forwards }
    }).pipe(Effect.scoped),
  )

test("With nothing said it runs on the embedded model and its own adapters, which save forwards at like quality.", async () => {
  const plain = { use: "@parade/transformer", with: { source: "npm:@parade/model-tiny-diffusion/model" } }
  const before = await answers({ use: "@parade/dparallel", model: plain }, 20)
  const after = await answers({ use: "@parade/dparallel" }, 20)
  assert.ok(after.forwards < 0.85 * before.forwards, `${after.forwards} forwards after ${before.forwards}`)
  assert.ok(after.right >= before.right - 2, `${after.right} right after ${before.right}`)
})
