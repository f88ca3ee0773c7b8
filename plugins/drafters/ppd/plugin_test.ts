import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { compose, DecoderKind, type PipelineError, registryOf, validate } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import * as Effect from "effect/Effect"
import { randomPrompts, tinyLlama, width } from "./_testing.ts"
import { grantingModels } from "../_granting-model.ts"
import { plugin, readPrompts, writePrompts } from "./mod.ts"

const { asked, plugin: modelPlugin } = grantingModels(tinyLlama(1))

const all = ["visibility", "output", "vectors"]
const registry = registryOf([
  contiguous,
  exactMatch,
  plugin,
  sampler,
  speculative,
  modelPlugin("tiny", all),
  modelPlugin("closed", ["visibility", "output"]),
  modelPlugin("wide", all, (model) => ({ ...model, info: { ...model.info, width: 32 } })),
  modelPlugin("foreign", all, (model) => ({
    ...model,
    info: { ...model.info, vocabularyFingerprint: "other" },
  })),
])

const file = {
  format: "parade-ppd-1",
  backbone: "tiny",
  vocabularyFingerprint: "tiny",
  width,
  accuracy: randomPrompts(1, 2, 1).accuracy,
  positions: 100,
} as const

const withPrompts = async <A>(use: (source: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-ppd-"))
  const values = Float32Array.from(randomPrompts(1, 2, 1).vectors.flatMap((vector) => [...vector]))
  await Effect.runPromise(writePrompts(folder, values, file))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (model: string, source: string): object => ({
  use: "@parade/speculative",
  model: { use: model },
  drafter: { use: "@parade/ppd", with: { source } },
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

test("the model is asked to take vectors, but for no hidden states and not for its head", () =>
  withPrompts(async (folder) => {
    await Effect.runPromise(Effect.scoped(compose(pipeline("tiny", folder), { registry })))
    const needs = new Set(asked.map(({ name, value }) => `${name} ${value}`))
    assert.ok(needs.has("vectors auxiliary rows") && needs.has("output logits"))
    assert.ok(!asked.some(({ name, value }) => name === "head" || String(value).startsWith("hidden")))
  }))

test("a model that takes no vectors, or that the prompt tokens do not fit, is told while composing", () =>
  withPrompts(async (folder) => {
    assert.equal((await issueOf(pipeline("closed", folder))).code, "pipeline.need-not-granted")
    assert.equal((await issueOf(pipeline("wide", folder))).code, "draft.width-mismatch")
    assert.equal((await issueOf(pipeline("foreign", folder))).code, "draft.vocabulary-mismatch")
    assert.equal((await issueOf(pipeline("tiny", join(folder, "none")))).code, "weights.not-prompt-tokens")
  }))

test("settings out of range are told before anything is read", async () => {
  const source = { ...pipeline("tiny", "x"), drafter: { use: "@parade/ppd", with: { rows: 1, token: 3 } } }
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
    "$.drafter.with.rows",
    "$.drafter.with.token",
  ])
})

test("prompt tokens come back as they were written, the first of them where fewer are asked for", () =>
  withPrompts(async (folder) => {
    const read = await Effect.runPromise(readPrompts(folder, 1))
    assert.deepEqual(read.vectors, randomPrompts(1, 2, 1).vectors.slice(0, 1))
    assert.deepEqual(read.accuracy, file.accuracy.slice(0, 1))
  }))

test("files that are no prompt tokens are told by code", () =>
  withPrompts(async (folder) => {
    const path = join(folder, "prompts.json")
    const code = (change: object): Promise<string> => {
      writeFileSync(path, JSON.stringify({ ...file, ...change }))
      return Effect.runPromise(Effect.map(Effect.flip(readPrompts(folder, 4)), (error) => error.code))
    }
    assert.ok(readFileSync(path, "utf8").includes("parade-ppd-1"))
    assert.equal(await code({ format: "parade-medusa-1" }), "weights.not-prompt-tokens")
    assert.equal(await code({ accuracy: [[0.7, 0.7]] }), "weights.not-prompt-tokens")
    assert.equal(await code({ width: 32 }), "weights.not-prompt-tokens")
    writeFileSync(path, "{")
    const broken = await Effect.runPromise(Effect.flip(readPrompts(folder, 4)))
    assert.equal(broken.code, "weights.not-prompt-tokens")
  }))
