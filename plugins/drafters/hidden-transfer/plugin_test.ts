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
import { layer, randomMaps, tinyLlama, width } from "./_testing.ts"
import { grantingModels } from "../_granting-model.ts"
import { plugin, readMaps, writeMaps } from "./mod.ts"

const { asked, plugin: modelPlugin } = grantingModels(tinyLlama(1))

const all = ["visibility", "output", "cut"]
const registry = registryOf([
  contiguous,
  exactMatch,
  plugin,
  sampler,
  speculative,
  modelPlugin("tiny", all),
  modelPlugin("closed", ["visibility", "output"]),
  modelPlugin("whole", all, (model) => ({ ...model, info: { ...model.info, cuts: [] } })),
  modelPlugin("wide", all, (model) => ({ ...model, info: { ...model.info, width: 32 } })),
  modelPlugin("foreign", all, (model) => ({
    ...model,
    info: { ...model.info, vocabularyFingerprint: "other" },
  })),
])

const file = {
  format: "parade-hidden-transfer-1",
  backbone: "tiny",
  vocabularyFingerprint: "tiny",
  width,
  layer,
  accuracy: randomMaps(1, 2, 1).accuracy,
  positions: 100,
} as const

const withMaps = async <A>(use: (source: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-hidden-transfer-"))
  await Effect.runPromise(writeMaps(folder, randomMaps(1, 2, 1).weights, file))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (model: string, source: string): object => ({
  use: "@parade/speculative",
  model: { use: model },
  drafter: { use: "@parade/hidden-transfer", with: { source, layer } },
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

test("the model is asked to be cut, but for no vectors and not for its head", () =>
  withMaps(async (folder) => {
    await Effect.runPromise(Effect.scoped(compose(pipeline("tiny", folder), { registry })))
    const needs = new Set(asked.map(({ name, value }) => `${name} ${value}`))
    assert.ok(needs.has(`cut ${layer}`) && needs.has("output logits"))
    assert.ok(!asked.some(({ name }) => name === "head" || name === "vectors"))
  }))

test("a model that is not cut there, or that the maps do not fit, is told while composing", () =>
  withMaps(async (folder) => {
    assert.equal((await issueOf(pipeline("closed", folder))).code, "pipeline.need-not-granted")
    assert.equal((await issueOf(pipeline("whole", folder))).code, "draft.target-lacks")
    assert.equal((await issueOf(pipeline("wide", folder))).code, "draft.width-mismatch")
    assert.equal((await issueOf(pipeline("foreign", folder))).code, "draft.vocabulary-mismatch")
    assert.equal((await issueOf(pipeline("tiny", join(folder, "none")))).code, "weights.not-transfer-maps")
    const other = { use: "@parade/hidden-transfer", with: { source: folder, layer: 2 } }
    const issue = await issueOf({ ...pipeline("tiny", folder), drafter: other })
    assert.equal(issue.code, "weights.other-layer")
    assert.match(issue.message, /layer 1, not 2/)
  }))

test("settings out of range are told before anything is read", async () => {
  const source = {
    ...pipeline("tiny", "x"),
    drafter: { use: "@parade/hidden-transfer", with: { rows: 0, token: 3 } },
  }
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
    "$.drafter.with.rows",
    "$.drafter.with.token",
  ])
})

test("maps come back as they were written, in 16 bits, the first of them where fewer are asked for", () =>
  withMaps(async (folder) => {
    const read = await Effect.runPromise(readMaps(folder, layer, 1))
    assert.equal(read.weights.length, 1)
    for (const [i, value] of randomMaps(1, 2, 1).weights[0]!.entries())
      assert.ok(Math.abs(read.weights[0]![i]! - value) <= 1e-3 * Math.abs(value) + 1e-6)
    assert.deepEqual(read.accuracy, file.accuracy.slice(0, 1))
  }))

test("files that are no maps are told by code", () =>
  withMaps(async (folder) => {
    const path = join(folder, "maps.json")
    const code = (change: object): Promise<string> => {
      writeFileSync(path, JSON.stringify({ ...file, ...change }))
      return Effect.runPromise(Effect.map(Effect.flip(readMaps(folder, layer, 4)), (error) => error.code))
    }
    assert.ok(readFileSync(path, "utf8").includes("parade-hidden-transfer-1"))
    assert.equal(await code({ format: "parade-ppd-1" }), "weights.not-transfer-maps")
    assert.equal(await code({ accuracy: [[0.7, 0.7]] }), "weights.not-transfer-maps")
    assert.equal(await code({ width: 32 }), "weights.not-transfer-maps")
    writeFileSync(path, "{")
    const broken = await Effect.runPromise(Effect.flip(readMaps(folder, layer, 4)))
    assert.equal(broken.code, "weights.not-transfer-maps")
  }))
