import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { mergePairs } from "./_merge.ts"
import { needs, shared } from "./_shared-test-files.ts"
import { openCheckpoint } from "./checkpoint.ts"
import { type CheckpointTokenizer, loadTokenizer } from "./tokenizer.ts"

const folder = join(shared, "models/SmolLM2-135M-Instruct")
const withModel = needs("models")

const load = (source: string): Promise<CheckpointTokenizer> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openCheckpoint(source), loadTokenizer)))

const vectors = <A>(name: string): readonly A[] =>
  readFileSync(join(shared, "fixtures/tokenizer", name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as A)

interface TextVector {
  readonly n: number
  readonly text: string
  readonly ids: readonly number[]
  readonly ids_plain: readonly number[]
  readonly decoded: string
  readonly decoded_skip_special: string
}

for (const [name, source] of [
  ["tokenizer.json", folder],
  ["GGUF metadata", join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf")],
] as const) {
  test(`the tokenizer of ${name} matches every text, decoding and chat`, withModel, async () => {
    const tokenizer = await load(source)
    const texts = vectors<TextVector>("smollm2.jsonl")
    assert.ok(texts.length >= 419)
    for (const { n, text, ids, ids_plain, decoded, decoded_skip_special } of texts) {
      assert.deepEqual([...tokenizer.encode(text)], ids, `text ${n}`)
      assert.deepEqual(
        [...tokenizer.encode(text, { parseSpecialTokens: false })],
        ids_plain,
        `plain text ${n}`,
      )
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), decoded)
      assert.equal(tokenizer.decode(ids), decoded_skip_special)
    }
    const decodings =
      vectors<Pick<TextVector, "n" | "ids" | "decoded" | "decoded_skip_special">>("smollm2-decode.jsonl")
    assert.ok(decodings.length >= 114)
    for (const { n, ids, decoded, decoded_skip_special } of decodings) {
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), decoded, `decoding ${n}`)
      assert.equal(tokenizer.decode(ids), decoded_skip_special, `decoding ${n}`)
    }
    const chats = vectors<{
      readonly name: string
      readonly messages: readonly { readonly role: string; readonly content: string }[]
      readonly rendered: string
      readonly rendered_ids: readonly number[]
      readonly rendered_with_generation_prompt: string
      readonly rendered_with_generation_prompt_ids: readonly number[]
    }>("smollm2-chat.jsonl")
    assert.ok(chats.length >= 10)
    for (const chat of chats) {
      const open = await Effect.runPromise(tokenizer.applyChatTemplate(chat.messages))
      assert.equal(open, chat.rendered_with_generation_prompt, chat.name)
      assert.deepEqual([...tokenizer.encode(open)], chat.rendered_with_generation_prompt_ids, chat.name)
      const closed = await Effect.runPromise(
        tokenizer.applyChatTemplate(chat.messages, { addGenerationPrompt: false }),
      )
      assert.equal(closed, chat.rendered, chat.name)
      assert.deepEqual([...tokenizer.encode(closed)], chat.rendered_ids, chat.name)
    }
    assert.deepEqual(tokenizer.endTokens, [2])
    assert.equal(tokenizer.vocabularySize, 49152)
    assert.equal(tokenizer.tokenToId("<|im_end|>"), 2)
    assert.equal(tokenizer.idToToken(2), "<|im_end|>")
  })
}

test("the vocabularies of both forms have one fingerprint", withModel, async () => {
  const [json, gguf] = [await load(folder), await load(join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf"))]
  assert.equal(json.fingerprint, gguf.fingerprint)
})

test("streamed text equals the whole, and no half character is ever shown", withModel, async () => {
  const tokenizer = await load(folder)
  const bytes = Array.from({ length: 64 }, (_, i) => 3000 + i * 17)
  const anyTokens = fc.array(
    fc.oneof(fc.nat(49151), fc.integer({ min: 17, max: 272 }), fc.constantFrom(0, 1, 2, ...bytes)),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(anyTokens, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (tokens, sizes) => {
      const stream = tokenizer.streamDecoder()
      let text = ""
      for (let at = 0; at < tokens.length;) {
        const size = sizes.next().value
        text += stream.push(tokens.slice(at, at + size))
        at += size
      }
      text += stream.flush()
      assert.equal(text, tokenizer.decode(tokens))
    }),
    { numRuns: 200 },
  )
  const text = "naïve 😀 漢字 🏳️‍🌈"
  const stream = tokenizer.streamDecoder()
  for (const token of tokenizer.encode(text)) assert.ok(!stream.push([token]).includes("\ufffd"))
  assert.equal(stream.flush(), "")
})

/** Characters whose UTF-8 holds a byte that has no token. */
const hasTokens = (character: string): boolean => {
  const point = character.codePointAt(0)!
  return ![4, 6, 0x13, 0x14, 0x16, 0x1d].includes(point) && point < 0x40000
}

test("any text comes back, but for bytes without a token", withModel, async () => {
  const tokenizer = await load(folder)
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const whole = [...text].filter(hasTokens).join("")
      assert.equal(tokenizer.decode(tokenizer.encode(whole, { parseSpecialTokens: false })), whole)
    }),
    { numRuns: 200 },
  )
})

const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const temporary = mkdtempSync(join(tmpdir(), "parade-weights-"))
  try {
    await body(temporary)
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

/** A folder of weights without a tensor, and these files. */
const fill = (temporary: string, files: Readonly<Record<string, unknown>>): void => {
  for (const [name, content] of Object.entries({ "config.json": {}, ...files }))
    writeFileSync(join(temporary, name), typeof content === "string" ? content : JSON.stringify(content))
  writeFileSync(join(temporary, "model.safetensors"), Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d))
}

const sentencePiece = {
  added_tokens: [
    { id: 1, content: "<s>", special: true, normalized: false },
    { id: 2, content: "</s>", special: true, normalized: false },
  ],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  pre_tokenizer: null,
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    fuse_unk: true,
    byte_fallback: true,
    vocab: {
      "<unk>": 0,
      "<s>": 1,
      "</s>": 2,
      "<0xC3>": 3,
      "<0xA9>": 4,
      "<0xF0>": 5,
      "▁": 6,
      a: 7,
      b: 8,
      "▁a": 9,
      ab: 10,
      "▁ab": 11,
    },
    merges: ["a b", "▁ ab", "▁ a"],
  },
}

test("SentencePiece tokenizers fall back to bytes, and show them when they are whole", () =>
  inFolder(async (temporary) => {
    fill(temporary, { "tokenizer.json": sentencePiece, "generation_config.json": { eos_token_id: [2, 0] } })
    const tokenizer = await load(temporary)
    assert.deepEqual([...tokenizer.encode("ab a é")], [1, 11, 9, 6, 3, 4])
    assert.deepEqual([...tokenizer.encode("ab<s>", { addSpecialTokens: false })], [11, 1])
    assert.deepEqual([...tokenizer.encode("漢字a", { addSpecialTokens: false })], [6, 0, 7])
    assert.equal(tokenizer.decode([1, 11, 9, 6, 3, 4, 7, 2]), "ab a éa")
    assert.equal(tokenizer.decode([11, 3, 7, 5, 4]), "ab\ufffda\ufffd\ufffd")
    const stream = tokenizer.streamDecoder()
    const shown = [11, 3, 4, 9].map((token) => stream.push([token]))
    assert.deepEqual(shown, ["ab", "", "", "é a"])
    assert.deepEqual(tokenizer.endTokens, [0, 2])
  }))

test("merging follows the ranks, whatever the length of the word", () => {
  const naive = (symbols: readonly string[], ranks: ReadonlyMap<string, number>): string[] => {
    const out = [...symbols]
    for (;;) {
      let best = -1
      let least = Infinity
      for (let i = 0; i + 1 < out.length; i++) {
        const rank = ranks.get(`${out[i]} ${out[i + 1]}`) ?? Infinity
        if (rank < least) [least, best] = [rank, i]
      }
      if (best < 0) return out
      out.splice(best, 2, out[best]! + out[best + 1]!)
    }
  }
  const pairs = fc.uniqueArray(fc.stringMatching(/^[ab]{1,3} [ab]{1,3}$/), { maxLength: 30 })
  fc.assert(
    fc.property(pairs, fc.stringMatching(/^[abc]{0,40}$/), (merges, word) => {
      const ranks = new Map(merges.map((pair, rank) => [pair, rank]))
      assert.deepEqual(mergePairs([...word], ranks), naive([...word], ranks))
    }),
  )
})

test("a model without a usable tokenizer says what is missing", () =>
  inFolder(async (temporary) => {
    const codeOf = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
      fill(temporary, files)
      const error = await Effect.runPromise(
        Effect.flip(Effect.scoped(Effect.flatMap(openCheckpoint(temporary), loadTokenizer))),
      )
      assert.ok(error.advice !== undefined && error.path?.startsWith(temporary))
      return error.code
    }
    assert.equal(await codeOf({}), "weights.no-tokenizer")
    assert.equal(await codeOf({ "tokenizer.json": "{" }), "weights.bad-json")
    assert.equal(await codeOf({ "tokenizer.json": {} }), "weights.bad-tokenizer")
    const decoder = { type: "ByteLevel" }
    for (const model of [
      { type: "BPE" },
      { type: "BPE", vocab: { a: -1 }, merges: [] },
      { type: "BPE", vocab: { a: 1e9 }, merges: [] },
      { type: "BPE", vocab: {}, merges: [["a"]] },
    ])
      assert.equal(await codeOf({ "tokenizer.json": { decoder, model } }), "weights.bad-tokenizer")
    const empty = { type: "BPE", vocab: {}, merges: [] }
    assert.equal(
      await codeOf({ "tokenizer.json": { decoder: { type: "WordPiece" }, model: empty } }),
      "weights.unsupported-tokenizer",
    )
    assert.equal(
      await codeOf({ "tokenizer.json": { decoder, model: empty, normalizer: { type: "Odd" } } }),
      "weights.unsupported-tokenizer",
    )
  }))

test("a conversation the template refuses, or no template, is the caller's mistake", () =>
  inFolder(async (temporary) => {
    const refusal = async (): Promise<string> => {
      const tokenizer = await load(temporary)
      const chat = tokenizer.applyChatTemplate([{ role: "system", content: "Hi" }])
      return Effect.runPromise(Effect.map(Effect.flip(chat), ({ code, fault }) => `${code} ${fault}`))
    }
    fill(temporary, { "tokenizer.json": sentencePiece })
    assert.equal(await refusal(), "request.no-chat-template caller")
    fill(temporary, {
      "tokenizer.json": sentencePiece,
      "tokenizer_config.json": { chat_template: "{{ raise_exception('no system') }}" },
    })
    assert.equal(await refusal(), "request.chat-template-failed caller")
    fill(temporary, {
      "tokenizer.json": sentencePiece,
      "tokenizer_config.json": { chat_template: "{% for x in %}" },
    })
    assert.equal(await refusal(), "request.bad-chat-template caller")
    writeFileSync(
      join(temporary, "chat_template.jinja"),
      "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}",
    )
    fill(temporary, {
      "tokenizer.json": sentencePiece,
      "tokenizer_config.json": { bos_token: { content: "<s>" } },
    })
    const tokenizer = await load(temporary)
    assert.equal(
      await Effect.runPromise(tokenizer.applyChatTemplate([{ role: "user", content: "Hi" }])),
      "<s>Hi",
    )
  }))
