import assert from "node:assert/strict"
import { test } from "node:test"
import {
  collectText,
  compose,
  decodeText,
  definePlugin,
  type Model,
  type Plugin,
  registryOf,
  type Verifier,
  VerifierKind,
} from "@parade/core"
import { plugin as contiguous } from "@parade/contiguous"
import { plugin as draftModel } from "@parade/draft-model"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as promptLookup } from "@parade/prompt-lookup"
import { plugin as standardSampler } from "@parade/standard-sampler"
import { scriptedModel, tableModel, modelPlugin } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { plugin as speculative } from "./plugin.ts"

const script = scriptedModel({ prompt: "say: ", text: "one two one two one two one two" })

const drawnOnly: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "drawn-only",
  summary: "Understands draws only.",
  config: Schema.Struct({}),
  make: () =>
    Effect.succeed({
      law: "exact",
      accepts: ["iid"],
      verify: () => ({ accepted: [], appended: [0], rejected: 0 }),
    }),
})

let priced = 0
const pricedModel: Model = {
  ...script,
  cost: Effect.sync(() => {
    priced++
    return { milliseconds: (rows) => rows, source: "a test" }
  }),
}

const registry = registryOf([
  contiguous,
  draftModel,
  drawnOnly,
  exactMatch,
  promptLookup,
  speculative,
  standardSampler,
  modelPlugin(script, "script"),
  modelPlugin(pricedModel, "priced"),
  modelPlugin(tableModel({ vocabularySize: 3, order: 1, seed: 1 }), "other"),
])

const run = (pipeline: unknown) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(compose(pipeline, { registry }), (decoder) => collectText(decodeText(decoder, "say: "))),
    ),
  )

const mistake = (pipeline: unknown): Promise<string> =>
  Effect.runPromise(
    Effect.map(
      Effect.flip(Effect.scoped(compose(pipeline, { registry }))),
      ({ code, path }) => `${path} ${code}`,
    ),
  )

test("with every slot but the model left out, a pipeline speculates", async () => {
  const { text, stats } = await run({ use: "@parade/speculative", model: { use: "script" } })
  assert.equal(text, "one two one two one two one two")
  assert.ok(stats.accepted > 0)
})

test("a model drafts for itself by reference", async () => {
  const { text, stats } = await run({
    use: "@parade/speculative",
    with: { adaptive: false, maxDraft: 4 },
    model: { use: "script", id: "target" },
    drafter: { use: "@parade/draft-model", model: { ref: "target" } },
  })
  assert.equal(text, "one two one two one two one two")
  assert.equal(stats.accepted, stats.proposed)
})

test("the price of rows is asked for while composing, where measuring it delays no text, and only if it is used", async () => {
  const pricesOf = async (settings: object): Promise<number> => {
    const before = priced
    const pipeline = { use: "@parade/speculative", with: settings, model: { use: "priced" } }
    await Effect.runPromise(Effect.scoped(compose(pipeline, { registry })))
    return priced - before
  }
  assert.equal(await pricesOf({}), 1)
  assert.equal(await pricesOf({ adaptive: false }), 0)
})

test("drafter, verifier and model that do not go together are a mistake of the pipeline", async () => {
  const base = { use: "@parade/speculative", model: { use: "script" } }
  assert.equal(await mistake({ ...base, verifier: { use: "drawn-only" } }), "$.verifier draft.law-mismatch")
  assert.equal(
    await mistake({ ...base, drafter: { use: "@parade/draft-model", model: { use: "other" } } }),
    "$.drafter draft.vocabulary-mismatch",
  )
  assert.equal(
    await mistake({ ...base, drafter: { use: "@parade/draft-model" } }),
    "$.drafter.model pipeline.missing-slot",
  )
})
