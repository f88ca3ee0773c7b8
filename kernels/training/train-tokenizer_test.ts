import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { TestContext } from "node:test"
import type { Tokenizer } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import { loadTokenizer, openCheckpoint, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { trainTokenizer } from "./mod.ts"
import type { TokenizerFile } from "./mod.ts"

const load = async (t: TestContext, file: TokenizerFile): Promise<Tokenizer> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-tokenizer-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, "config.json"), "{}")
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(file))
  const tensors = [{ name: "w", type: "F32", shape: [1], bytes: () => new Uint8Array(4) }]
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        yield* writeSafetensors(join(folder, "model.safetensors"), tensors)
        return yield* loadTokenizer(yield* openCheckpoint(folder))
      }),
    ),
  )
}

const mergesOf = (file: TokenizerFile): unknown => (file["model"] as { readonly merges: unknown }).merges

test("the most frequent pairs are merged first, of equals the oldest, until pairs are rare", () => {
  // "ab" stands five times; then " ab" and "abab" twice each, of which the space is older; then no pair stands twice.
  const file = trainTokenizer(["abab abab abc", "xy"], { vocabularySize: 1000 })
  assert.deepEqual(mergesOf(file), [
    ["a", "b"],
    ["Ġ", "ab"],
  ])
})

test("a text comes back whole, whatever is in it, and special tokens stand for themselves", async (t) => {
  const tokenizer = await load(
    t,
    trainTokenizer(["the theme of the thesis\n".repeat(3)], {
      vocabularySize: 280,
      special: ["<|end|>", "<|mask|>"],
    }),
  )
  assert.equal(tokenizer.tokenToId("<|end|>"), 0)
  assert.deepEqual([...tokenizer.encode("<|mask|>the")].slice(0, 1), [1])
  assert.ok(tokenizer.encode(" the theme").length < 6)
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(tokenizer.decode(tokenizer.encode(text, { parseSpecialTokens: false })), text)
    }),
    { numRuns: 50 },
  )
})

test("without merges it is bytes", async (t) => {
  const tokenizer = await load(t, trainTokenizer([], { vocabularySize: 256 }))
  assert.equal(tokenizer.vocabularySize, 256)
  assert.deepEqual([...tokenizer.encode("Aä")], [...new TextEncoder().encode("Aä")])
})

test("a vocabulary of a real text is filled, the same each time, and shortens that text", async (t) => {
  const path = sharedOrSkip(t, "data", "tiny_shakespeare.txt")
  if (path === undefined) return
  const text = readFileSync(path, "utf8").slice(0, 100_000)
  const file = trainTokenizer([text], { vocabularySize: 512 })
  assert.deepEqual(file, trainTokenizer([text], { vocabularySize: 512 }))
  const tokenizer = await load(t, file)
  assert.equal(tokenizer.vocabularySize, 512)
  assert.ok(tokenizer.encode(text.slice(0, 10_000)).length < 6000)
})

test("a vocabulary that does not hold the bytes is refused", () => {
  for (const vocabularySize of [255, 300.5, Number.NaN, 2 ** 30])
    assert.throws(() => trainTokenizer([], { vocabularySize }), { code: "training.small-vocabulary" })
})

test("isolated characters are tokens of their own, in the file and to whoever reads it", async (t) => {
  const text = "12_12 ab12_12 ab-ab".repeat(20)
  const file = trainTokenizer([text], { vocabularySize: 300, isolated: [..."0123456789_-]"] })
  const tokenizer = await load(t, file)
  const pieces = [...tokenizer.encode("ab12_ 34-ab")].map((id) => tokenizer.decode([id]))
  assert.deepEqual(pieces, ["ab", "1", "2", "_", " ", "3", "4", "-", "ab"])
})
