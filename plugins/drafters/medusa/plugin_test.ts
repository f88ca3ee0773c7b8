import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { compose, DecoderKind, type PipelineError, registryOf, validate } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import * as Effect from "effect/Effect"
import { randomHeads, tinyLlama } from "./_testing.ts"
import { grantingModels } from "../_granting-model.ts"
import { plugin, writeHeads } from "./mod.ts"

const { asked, plugin: modelPlugin } = grantingModels(tinyLlama(1))

const all = ["visibility", "output", "head"]
const registry = registryOf([
  contiguous,
  exactMatch,
  plugin,
  sampler,
  speculative,
  modelPlugin("tiny", all),
  modelPlugin("closed", ["visibility"]),
  modelPlugin("wide", all, (model) => ({ ...model, info: { ...model.info, width: 32 } })),
  modelPlugin("foreign", all, (model) => ({
    ...model,
    info: { ...model.info, vocabularyFingerprint: "other" },
  })),
  modelPlugin("trained on", all, (model) => ({
    ...model,
    info: { ...model.info, weightsFingerprint: "later" },
  })),
])

const withHeads = async <A>(use: (source: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-medusa-"))
  const { weights, width, accuracy, vocabularyFingerprint } = randomHeads(1, 2, 0.1)
  const file = {
    format: "parade-medusa-1",
    backbone: "tiny",
    vocabularyFingerprint,
    weightsFingerprint: "earlier",
    width,
    accuracy,
    positions: 100,
  } as const
  await Effect.runPromise(writeHeads(folder, { weights }, file))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (model: string, source: string): object => ({
  use: "@parade/speculative",
  model: { use: model },
  drafter: { use: "@parade/medusa", with: { source } },
})

const issueOf = (source: object): Promise<PipelineError["issues"][number]> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.match(compose(source, { registry }), {
        onFailure: (error) => error.issues[0]!,
        onSuccess: () => assert.fail("it composed"),
      }),
    ),
  )

test("the model is asked for the state the LM head reads, and for the head, but not to take vectors", () =>
  withHeads(async (folder) => {
    await Effect.runPromise(Effect.scoped(compose(pipeline("tiny", folder), { registry })))
    const needs = new Set(asked.map(({ name, value }) => `${name} ${value}`))
    assert.ok(needs.has("output hidden.final") && needs.has("head drafts"))
    assert.ok(!asked.some(({ name }) => name === "vectors"))
  }))

test("a model that cannot give them, or that the heads do not fit, is told while composing", () =>
  withHeads(async (folder) => {
    assert.equal((await issueOf(pipeline("closed", folder))).code, "pipeline.need-not-granted")
    assert.equal((await issueOf(pipeline("wide", folder))).code, "draft.width-mismatch")
    assert.equal((await issueOf(pipeline("foreign", folder))).code, "draft.vocabulary-mismatch")
    assert.equal((await issueOf(pipeline("trained on", folder))).code, "draft.weights-mismatch")
    assert.equal((await issueOf(pipeline("tiny", join(folder, "none")))).code, "weights.not-heads")
  }))

test("settings out of range are told before anything is read", async () => {
  const source = { ...pipeline("tiny", "x"), drafter: { use: "@parade/medusa", with: { heads: 0, node: 3 } } }
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
    "$.drafter.with.heads",
    "$.drafter.with.node",
  ])
})
