import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import * as Effect from "effect/Effect"
import { type CheckpointTokenizer, loadTokenizer } from "./tokenizer.ts"

const root = mkdtempSync(join(tmpdir(), "parade-vocabulary-"))
process.env["PARADE_CACHE"] = join(root, "cache")
after(() => rmSync(root, { recursive: true, force: true }))

const letters = [..."abcdefghijklmnopqrstuvwxyz"]
/** All pairs and triples of letters, so that the file is long enough to be kept. */
const merges = letters.flatMap((a) =>
  letters.flatMap((b) => [`${a} ${b}`, ...letters.map((c) => `${a}${b} ${c}`)]),
)

const write = (change: (json: Record<string, unknown>) => object = (json) => json): string => {
  const folder = mkdtempSync(join(root, "model-"))
  const tokens = [...letters, ...merges.map((merge) => merge.replace(" ", ""))]
  const json = {
    added_tokens: [{ id: tokens.length, content: "<end>", special: true }],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.toSorted((a, b) => a.length - b.length),
    },
  }
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(change(json), null, 2))
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ eos_token: "<end>" }))
  return folder
}

const load = (folder: string): Promise<CheckpointTokenizer> =>
  Effect.runPromise(
    loadTokenizer({
      folder,
      path: folder,
      format: "safetensors",
      metadata: new Map(),
      config: {},
      generationConfig: {},
    }),
  )

const kept = (): readonly string[] => {
  try {
    return readdirSync(join(root, "cache", "vocabularies"))
  } catch {
    return []
  }
}

const facts = (tokenizer: CheckpointTokenizer) => ({
  size: tokenizer.vocabularySize,
  ends: tokenizer.endTokens,
  ids: [...tokenizer.encode("abcde xyz")],
  text: tokenizer.decode(tokenizer.encode("abcde xyz")),
  id: tokenizer.tokenToId("xyz"),
  token: tokenizer.idToToken(30),
  fingerprint: tokenizer.fingerprint,
})

test("A tokenizer is the same from what was kept of it, and read anew where its file or what was kept has changed.", async () => {
  const folder = write()
  const first = facts(await load(folder))
  assert.equal(first.ids.length, 3)
  assert.deepEqual(first.ends, [first.size - 1])
  const [file] = kept()
  assert.ok(file !== undefined)
  const path = join(root, "cache", "vocabularies", file)
  const bytes = readFileSync(path)
  assert.deepEqual(facts(await load(folder)), first)
  // What was kept is what is read: the letters of the first token say so.
  writeFileSync(path, Buffer.from(bytes.toString().replace("}a\nb\nc\n", "}A\nb\nc\n")))
  assert.equal((await load(folder)).idToToken(0), "A")
  for (const damaged of [
    bytes.subarray(0, -1),
    Buffer.from("no header\n"),
    Buffer.from("{}\n"),
    Buffer.alloc(0),
  ]) {
    writeFileSync(path, damaged)
    assert.deepEqual(facts(await load(folder)), first)
    assert.deepEqual(readFileSync(path), bytes)
  }
  const json = readFileSync(join(folder, "tokenizer.json"), "utf8")
  writeFileSync(join(folder, "tokenizer.json"), `${json} `)
  assert.deepEqual(facts(await load(folder)), first)
  assert.equal(kept().length, 2)
})

test("What lines cannot hold is not kept.", async () => {
  const before = kept().length
  const folder = write(({ model, ...json }) => {
    const { vocab, ...rest } = model as { vocab: Record<string, number> }
    return { ...json, model: { vocab: { ...vocab, "\n": merges.length + 30 }, ...rest } }
  })
  assert.ok((await load(folder)).vocabularySize > merges.length)
  assert.equal(kept().length, before)
})
