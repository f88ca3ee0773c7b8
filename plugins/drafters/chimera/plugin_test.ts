import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { compose, DecoderKind, type PipelineError, registryOf, validate } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import * as Effect from "effect/Effect"
import { parts, randomDrafter, tinyLlama } from "./_testing.ts"
import { grantingModels } from "../_granting-model.ts"
import { plugin, readChimera, writeChimera } from "./mod.ts"

const { asked, plugin: modelPlugin } = grantingModels(tinyLlama(1))

const all = ["visibility", "output", "head"]
const registry = registryOf([
  contiguous,
  exactMatch,
  groupedQuery,
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
])

const drafter = randomDrafter(1, 2, 0.3)
const file = {
  format: "parade-chimera-1",
  backbone: "tiny",
  vocabularyFingerprint: "tiny",
  block: drafter.block,
  without: "nothing",
  accuracy: drafter.accuracy,
  positions: 100,
} as const

const withDrafter = async <A>(use: (source: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-chimera-"))
  await Effect.runPromise(writeChimera(folder, drafter, parts.attention, file))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (model: string, source: string): object => ({
  use: "@parade/speculative",
  model: { use: model },
  drafter: { use: "@parade/chimera", with: { source } },
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
  withDrafter(async (folder) => {
    await Effect.runPromise(Effect.scoped(compose(pipeline("tiny", folder), { registry })))
    const needs = new Set(asked.map(({ name, value }) => `${name} ${value}`))
    assert.ok(needs.has("output hidden.final") && needs.has("head drafts"))
    assert.ok(!asked.some(({ name }) => name === "vectors"))
  }))

test("a model that cannot give them, or that the drafter does not fit, is told while composing", () =>
  withDrafter(async (folder) => {
    assert.equal((await issueOf(pipeline("closed", folder))).code, "pipeline.need-not-granted")
    assert.equal((await issueOf(pipeline("wide", folder))).code, "draft.width-mismatch")
    assert.equal((await issueOf(pipeline("foreign", folder))).code, "draft.vocabulary-mismatch")
    assert.equal((await issueOf(pipeline("tiny", join(folder, "none")))).code, "weights.not-chimera")
  }))

test("settings out of range are told before anything is read", async () => {
  const source = {
    ...pipeline("tiny", "x"),
    drafter: { use: "@parade/chimera", with: { levels: 0, node: 3 } },
  }
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
    "$.drafter.with.levels",
    "$.drafter.with.node",
  ])
})

test("a drafter comes back as it was written, in 16 bits, the first of its levels where fewer are asked for", () =>
  withDrafter(async (folder) => {
    const read = await Effect.runPromise(readChimera(folder, parts.attention, 1))
    assert.deepEqual(read.accuracy, file.accuracy.slice(0, 1))
    assert.deepEqual(read.block, file.block)
    assert.equal(read.weights.has("heads.2.weight"), false)
    for (const [name, values] of read.weights)
      for (const [i, value] of values.entries()) {
        const expected = drafter.weights.get(name)![i]!
        assert.ok(Math.abs(value - expected) <= 1e-3 * Math.abs(expected) + 1e-6, name)
      }
  }))

test("files that are no drafter are told by code", () =>
  withDrafter(async (folder) => {
    const code = (change: object): Promise<string> => {
      writeFileSync(join(folder, "chimera.json"), JSON.stringify({ ...file, ...change }))
      return Effect.runPromise(
        Effect.map(Effect.flip(readChimera(folder, parts.attention, 4)), (error) => error.code),
      )
    }
    assert.equal(await code({ format: "parade-medusa-1" }), "weights.not-chimera")
    assert.equal(await code({ block: { ...file.block, width: 32 } }), "weights.not-chimera")
    assert.equal(await code({ block: { ...file.block, headWidth: 7 } }), "weights.not-chimera")
    assert.equal(await code({ without: "heads" }), "weights.not-chimera")
    assert.equal(await code({ accuracy: [] }), "weights.not-chimera")
    writeFileSync(join(folder, "chimera.json"), "{")
    const broken = await Effect.runPromise(Effect.flip(readChimera(folder, parts.attention, 4)))
    assert.equal(broken.code, "weights.not-chimera")
  }))
