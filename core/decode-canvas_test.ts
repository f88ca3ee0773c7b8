import assert from "node:assert/strict"
import { test } from "node:test"
import { tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type Canvas,
  collectText,
  decodeCanvas,
  type DecodeFailure,
  type Decoder,
  type Event,
  infillRequest,
  type Request,
  RequestError,
} from "./mod.ts"

const model = tableModel({ vocabularySize: 8, order: 1, seed: 1, contextLength: 20 })

/** Fills the last masked position with token 1, one a round. */
const backwards = (
  change: (canvas: Canvas) => void = () => {},
  check: (length: number) => RequestError | undefined = () => undefined,
): Decoder => ({
  model,
  decode: (request) =>
    decodeCanvas({
      model,
      request,
      check,
      open: (canvas) =>
        Effect.succeed(
          Effect.sync(() => {
            change(canvas)
            if (canvas.reason === undefined) canvas.place([canvas.cells.lastIndexOf(-1)], [1])
            return { forwards: 1, rows: canvas.length, proposals: [] }
          }),
        ),
    }),
})

const request = (target: Request["target"], change: Partial<Request> = {}): Request => ({
  prompt: [{ tokens: [1, 2, 3] }],
  target,
  seed: 0,
  ...change,
})

const events = (asked: Request, decoder = backwards()): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(decoder.decode(asked)))
const failed = (asked: Request, decoder = backwards()): Promise<DecodeFailure> =>
  Effect.runPromise(Effect.flip(Stream.runDrain(decoder.decode(asked))))
const failure = (asked: Request, decoder = backwards()): Promise<string> =>
  failed(asked, decoder).then(({ code }) => code)

test("a continuation is a canvas of as many positions, and says so when it is full", async () => {
  const all = await events(request({ kind: "continuation", maxTokens: 4 }))
  assert.deepEqual(
    all.map(({ type }) => type),
    ["started", ...Array.from({ length: 4 }, () => ["committed", "round"]).flat(), "finished"],
  )
  const finished = await Effect.runPromise(
    collectText(backwards().decode(request({ kind: "continuation", maxTokens: 4 }))),
  )
  assert.deepEqual([finished.tokens, finished.reason], [[1, 1, 1, 1], "maxTokens"])
  assert.deepEqual([finished.stats.tokens, finished.stats.forwards, finished.stats.rounds], [4, 4, 4])
})

test("the context bounds a continuation, and refuses a canvas", async () => {
  const text = collectText(backwards().decode(request({ kind: "continuation", maxTokens: 1000 })))
  const { tokens, reason } = await Effect.runPromise(text)
  assert.deepEqual([tokens.length, reason], [17, "contextLength"])
  assert.equal(await failure(request({ kind: "canvas", length: 18 })), "request.canvas-too-long")
  assert.equal(await failure(request({ kind: "canvas", length: 1e15 })), "request.canvas-too-long")
})

test("a continuation that the context bounds is as long as canvases may be, one that is asked for is refused", async () => {
  const fours = backwards(undefined, (length) =>
    length % 4 === 0 ? undefined : new RequestError({ code: "request.not-of-fours", message: "No." }),
  )
  const { tokens, reason } = await Effect.runPromise(
    collectText(fours.decode(request({ kind: "continuation", maxTokens: 1000 }))),
  )
  assert.deepEqual([tokens.length, reason], [16, "contextLength"])
  assert.equal(await failure(request({ kind: "continuation", maxTokens: 6 }), fours), "request.not-of-fours")
  const never = backwards(undefined, () => new RequestError({ code: "request.never", message: "No." }))
  assert.equal(await failure(request({ kind: "continuation", maxTokens: 1000 }), never), "request.never")
})

test("what is fixed is shown before the first round", async () => {
  const fixed = [{ at: 1, tokens: [5] }]
  const all = await events(request({ kind: "canvas", length: 3, fixed }))
  assert.deepEqual(
    all.map(({ type }) => type),
    ["started", "committed", "committed", "round", "committed", "round", "finished"],
  )
  assert.deepEqual(all[0], {
    type: "started",
    version: 1,
    target: { kind: "canvas", length: 3 },
    promptTokens: 3,
  })
})

test("malformed canvases are refused before anything is made", async () => {
  for (const [target, code] of [
    [{ length: -1 }, "request.canvas-length"],
    [{ length: 0.5 }, "request.canvas-length"],
    [{ length: 3, fixed: [{ at: 2, tokens: [1, 1] }] }, "request.fixed-out-of-place"],
    [
      {
        length: 3,
        fixed: [
          { at: 1, tokens: [1] },
          { at: 1, tokens: [1] },
        ],
      },
      "request.fixed-out-of-place",
    ],
    [{ length: 3, fixed: [{ at: NaN, tokens: [1] }] }, "request.fixed-out-of-place"],
    [{ length: 3, fixed: [{ at: 0, tokens: [8] }] }, "request.unknown-token"],
    [{ length: 3, spans: { a: { start: 2, end: 1 } } }, "request.span-out-of-place"],
    [{ length: 3, spans: { a: { start: 2, end: 4 } } }, "request.span-out-of-place"],
    [{ length: 3, answer: "a" }, "request.no-such-span"],
    [{ length: 3, answer: "toString" }, "request.no-such-span"],
    [{ length: 2, fixed: [{ at: 0, tokens: [1, 2] }] }, "request.no-holes"],
  ] as const) {
    const refused = await failed(request({ kind: "canvas", ...target }))
    assert.equal(refused.code, code)
    assert.ok(
      refused.path !== undefined && refused.advice !== undefined,
      `${code} says where it is and what would do`,
    )
  }
  assert.equal(await failure(request({ kind: "canvas", length: 2 }, { prompt: [] })), "request.empty-prompt")
})

test("a round may cut instead of filling, but not do nothing", async () => {
  const cutting = backwards((canvas) => {
    if (canvas.length === 4) canvas.cut(2)
  })
  const all = await events(request({ kind: "canvas", length: 4 }), cutting)
  assert.ok(all.some((event) => event.type === "cut"))
  const idle: Decoder = {
    model,
    decode: (asked) =>
      decodeCanvas({
        model,
        request: asked,
        open: () => Effect.succeed(Effect.succeed({ forwards: 1, rows: 1, proposals: [] })),
      }),
  }
  assert.equal(await failure(request({ kind: "canvas", length: 4 }), idle), "decode.no-progress")
})

test("a text with holes becomes prompt, fixed tokens and holes", async () => {
  const { tokenizer } = model
  const asked = await Effect.runPromise(infillRequest(backwards(), ["ab", { hole: 2 }, "c", { hole: 1 }]))
  assert.deepEqual(asked, {
    prompt: [{ tokens: tokenizer!.encode("ab") }],
    target: { kind: "canvas", length: 4, fixed: [{ at: 2, tokens: tokenizer!.encode("c") }] },
    seed: 0,
  })
  const { text } = await Effect.runPromise(collectText(backwards().decode(asked)))
  assert.equal(text, "bbcb")
  const asking = { prompt: [{ role: "user", content: "a" }], seed: 2 } as const
  const answer = await Effect.runPromise(infillRequest(backwards(), ["b", { hole: 2 }], { prompt: "a" }))
  assert.deepEqual(answer, {
    prompt: [{ tokens: tokenizer!.encode("a") }],
    target: { kind: "canvas", length: 3, fixed: [{ at: 0, tokens: tokenizer!.encode("b") }] },
    seed: 0,
  })
  // The tiny model has no template for conversations.
  await assert.rejects(Effect.runPromise(infillRequest(backwards(), [{ hole: 2 }], asking)))
  for (const pieces of [["ab"], ["ab", { hole: 0 }], ["ab", { hole: 0 }, "c"]])
    assert.equal(
      (await Effect.runPromise(Effect.flip(infillRequest(backwards(), pieces)))).code,
      "request.no-holes",
    )
})
