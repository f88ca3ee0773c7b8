import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { compose, DecoderKind, registryOf, validate } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as speculative } from "@parade/speculative"
import { plugin as sampler } from "@parade/standard-sampler"
import { floatTensor, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { grantingModels } from "../_granting-model.ts"
import { makeBackbone } from "../_tiny-backbone.ts"
import { countedOf, someTexts } from "./_testing.ts"
import { plugin, readTable, writeTable } from "./mod.ts"

const { plugin: modelPlugin } = grantingModels(Effect.map(makeBackbone(1, 1, {}), ({ model }) => model))

const registry = registryOf([
  contiguous,
  exactMatch,
  plugin,
  sampler,
  speculative,
  modelPlugin("tiny", ["visibility", "output"]),
  modelPlugin("foreign", ["visibility", "output"], (model) => ({
    ...model,
    info: { ...model.info, vocabularyFingerprint: "other" },
  })),
])

const file = { backbone: "tiny", vocabularyFingerprint: "tiny", texts: 2, tokens: 20 }

const within = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-aded-"))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (model: string, config: object): object => ({
  use: "@parade/speculative",
  model: { use: model },
  drafter: { use: "@parade/aded", with: config },
})

const composing = (model: string, config: object): Promise<string> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.match(compose(pipeline(model, config), { registry }), {
        onFailure: (error) => error.issues[0]!.code,
        onSuccess: () => "composed",
      }),
    ),
  )

test("without a table it goes with any model, with one with those of its vocabulary", () =>
  within(async (folder) => {
    await Effect.runPromise(writeTable(folder, countedOf([[1, 2, 3]]), file))
    assert.equal(await composing("tiny", {}), "composed")
    assert.equal(await composing("foreign", {}), "composed")
    assert.equal(await composing("tiny", { source: folder }), "composed")
    assert.equal(await composing("foreign", { source: folder }), "draft.vocabulary-mismatch")
    assert.equal(await composing("tiny", { source: join(folder, "none") }), "weights.not-trigrams")
  }))

test("settings out of range are told before anything is read", async () => {
  const source = pipeline("tiny", { source: "x", length: 1, bump: -1, search: "beam", sequence: 3 })
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(error.issues.map(({ path }) => path.replace("$.drafter.with.", "")).sort(), [
    "bump",
    "length",
    "search",
    "sequence",
  ])
})

test("a table comes back as it was written", () =>
  within((folder) =>
    fc.assert(
      fc.asyncProperty(someTexts, async (texts) => {
        const counted = countedOf(texts)
        await Effect.runPromise(writeTable(folder, counted, file))
        const read = await Effect.runPromise(readTable(folder))
        assert.deepEqual(read, { counted, vocabularyFingerprint: "tiny" })
      }),
      { numRuns: 20 },
    ),
  ))

test("tables that are out of order, or of other numbers than they may be, are told by code", () =>
  within(async (folder) => {
    const code = async (change: Readonly<Record<string, readonly number[]>>): Promise<string> => {
      const tensors: Record<string, readonly number[]> = {
        pairs: [1, 2, 1, 3],
        degrees: [2, 1],
        successors: [4, 5, 6],
        weights: [0.5, 0.25, 1],
        ...change,
      }
      await Effect.runPromise(
        writeSafetensors(
          join(folder, "table.safetensors"),
          Object.entries(tensors).map(([name, values]) =>
            floatTensor(
              name,
              "F32",
              name === "pairs" ? [values.length / 2, 2] : [values.length],
              Float32Array.from(values),
            ),
          ),
        ),
      )
      return Effect.runPromise(
        Effect.match(readTable(folder), { onFailure: (error) => error.code, onSuccess: () => "read" }),
      )
    }
    await Effect.runPromise(writeTable(folder, countedOf([[1, 2, 4, 1, 2, 5, 1, 3, 6]]), file))
    const json = { format: "parade-aded-1", ...file, pairs: 2, trigrams: 3 }
    writeFileSync(join(folder, "table.json"), JSON.stringify(json))
    assert.equal(await code({}), "read")
    for (const change of [
      { pairs: [1, 3, 1, 2] },
      { pairs: [1, 2, 1, 2] },
      { pairs: [1, -2, 1, 3] },
      { pairs: [1, 2, 1, 2 ** 27] },
      { pairs: [1, 2] },
      { degrees: [3, 0] },
      { degrees: [2, 2] },
      { degrees: [4, -1] },
      { successors: [4, 5.5, 6] },
      { successors: [4, 4, 6] },
      { successors: [4, 5] },
      { weights: [0.25, 0.5, 1] },
      { weights: [0.5, 0, 1] },
      { weights: [0.5, 0.25, 1.5] },
      { weights: [0.5, 0.25, Number.NaN] },
    ])
      assert.notEqual(await code(change), "read", JSON.stringify(change))
    writeFileSync(join(folder, "table.json"), JSON.stringify({ ...json, format: "parade-ppd-1" }))
    assert.equal(await code({}), "weights.not-trigrams")
    writeFileSync(join(folder, "table.json"), "{")
    assert.equal(await code({}), "weights.not-trigrams")
  }))
