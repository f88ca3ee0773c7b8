import assert from "node:assert/strict"
import { test } from "node:test"
import { scriptedModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Decoder, decodeText, type Model, type Request, textRequest } from "./mod.ts"

const model = scriptedModel({ prompt: "<u>Hi.<a>", text: "Hello." })
const decoder = (of: Model = model): Decoder => ({ model: of, decode: () => Stream.empty })
const chatting = decoder({
  ...model,
  tokenizer: {
    ...model.tokenizer!,
    encode: (text, options) =>
      model.tokenizer!.encode(options?.addSpecialTokens === false ? text : `?${text}`),
    applyChatTemplate: (messages) =>
      Effect.succeed(`<u>${messages.map(({ content }) => content).join("")}<a>`),
  },
})
const encoded = (text: string): number[] => [...model.tokenizer!.encode(text)]
const promptOf = ({ prompt }: Request): number[] =>
  prompt.flatMap((part) => ("tokens" in part ? Array.from(part.tokens) : []))

test("a text is encoded with its special tokens, a conversation by its template without", async () => {
  const text = await Effect.runPromise(textRequest(chatting, "Hi."))
  assert.deepEqual(promptOf(text), encoded("?Hi."))
  const chat = await Effect.runPromise(textRequest(chatting, [{ role: "user", content: "Hi." }]))
  assert.deepEqual(promptOf(chat), encoded("<u>Hi.<a>"))
})

test("what is left out has a default, and the rest goes into the request", async () => {
  const plain = await Effect.runPromise(textRequest(chatting, "Hi."))
  assert.deepEqual(
    [plain.target, plain.seed, plain.stop],
    [{ kind: "continuation", maxTokens: 256 }, 0, undefined],
  )
  const options = { maxTokens: 3, seed: 9, stop: { strings: ["x"] } }
  const full = await Effect.runPromise(textRequest(chatting, "Hi.", options))
  assert.deepEqual(
    [full.target, full.seed, full.stop],
    [{ kind: "continuation", maxTokens: 3 }, 9, options.stop],
  )
})

test("a model without tokenizer or template is a typed failure of the stream", async () => {
  const code = (stream: Stream.Stream<unknown, { readonly code: string }>): Promise<string> =>
    Effect.runPromise(Effect.map(Effect.flip(Stream.runDrain(stream)), (error) => error.code))
  assert.equal(
    await code(decodeText(decoder({ ...model, tokenizer: undefined }), "Hi.")),
    "request.no-tokenizer",
  )
  assert.equal(
    await code(decodeText(decoder(), [{ role: "user", content: "Hi." }])),
    "request.no-chat-template",
  )
})

test("a token that only the tokenizer knows is named", async () => {
  const small = { ...model, info: { ...model.info, vocabularySize: encoded("i")[0]! } }
  for (const prompt of ["Hi.", [{ role: "user", content: "Hi." }]]) {
    const { tokenizer } = chatting.model
    const error = await Effect.runPromise(Effect.flip(textRequest(decoder({ ...small, tokenizer }), prompt)))
    assert.equal(error.code, "request.unknown-token")
    assert.match(error.message, /"i" as token \d+; the model's ids end at \d+/)
  }
})
