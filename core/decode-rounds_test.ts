import assert from "node:assert/strict"
import { test } from "node:test"
import { forEveryInterruption, naiveCache, tableModel } from "@parade/test"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import {
  collectText,
  DecodeError,
  type DecodeFailure,
  decodeRounds,
  type Decoding,
  type Event,
  type FinishedEvent,
  prefill,
  type Request,
  type RoundEvent,
  type Transcript,
  toAsyncIterable,
} from "./mod.ts"

const model = tableModel({ vocabularySize: 8, order: 1, seed: 1 })
const request = (maxTokens: number): Request => ({
  prompt: [{ tokens: [1, 2, 3] }],
  target: { kind: "continuation", maxTokens },
  seed: 0,
})

const decoding = (asked: Request, open: Decoding["open"]): Decoding => ({
  model,
  request: asked,
  prepare: prefill(model, naiveCache, asked.prompt),
  open,
})

/** Rounds that append a token each. */
const oneByOne: Decoding["open"] = (_, transcript) =>
  Effect.succeed(
    Effect.sync(() => {
      transcript.append([1])
      return { forwards: 1, rows: 1, proposals: [] }
    }),
  )

const collect = (stream: Stream.Stream<Event, DecodeFailure>): Promise<Event[]> =>
  Effect.runPromise(Stream.runCollect(stream)).then((events) => [...events])

const failure = async (stream: Stream.Stream<Event, DecodeFailure>): Promise<string | undefined> => {
  const exit = await Effect.runPromiseExit(Stream.runDrain(stream))
  assert.ok(Exit.isFailure(exit))
  const error = Cause.squash(exit.cause)
  return Cause.hasDies(exit.cause) ? "a defect" : (error as DecodeFailure).code
}

const draft = fc
  .record({
    proposed: fc.nat(4),
    accepted: fc.nat(4),
    rejected: fc.nat(4),
    appended: fc.integer({ min: 1, max: 3 }),
  })
  .filter(({ proposed, accepted, rejected }) => accepted + rejected <= proposed)

test("events come in order and their figures add up, whatever rounds do", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(draft, draft), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      async (drafts, maxTokens) => {
        let at = 0
        const open = (_: unknown, transcript: Transcript): Effect.Effect<Effect.Effect<never>> =>
          Effect.succeed(
            Effect.sync(() => {
              const [first, second] = drafts[at++ % drafts.length]!
              const accepted = first.accepted + second.accepted
              const count = transcript.append(new Array<number>(accepted + first.appended).fill(2))
              const kept = Math.min(first.accepted, count)
              return {
                forwards: 1,
                rows: 1 + first.proposed,
                proposals: [
                  { proposer: "first", ...first, accepted: kept },
                  { proposer: "second", ...second, accepted: Math.min(second.accepted, count - kept) },
                ],
              } as never
            }),
          )
        const events = await collect(decodeRounds(decoding(request(maxTokens), open)))
        const types = events.map((event) => event.type)
        assert.equal(types[0], "started")
        assert.equal(types.at(-1), "finished")
        assert.deepEqual(
          types.slice(1, -1),
          types.slice(1, -1).map((_, i) => (i % 2 === 0 ? "committed" : "round")),
        )

        const rounds = events.filter((event): event is RoundEvent => event.type === "round")
        const sum = (of: (round: RoundEvent) => number): number =>
          rounds.reduce((total, round) => total + of(round), 0)
        const finished = events.at(-1) as Extract<Event, { type: "finished" }>
        const { stats } = finished
        rounds.forEach((round, i) => {
          assert.equal(round.index, i)
          assert.equal(round.proposed, round.accepted + round.rejected + round.unreached)
          assert.ok(round.unreached >= 0 && round.appended >= 0 && round.milliseconds >= 0)
          const committed = events[2 * i + 1] as Extract<Event, { type: "committed" }>
          assert.equal(committed.tokens.length, round.accepted + round.appended)
        })
        assert.equal(stats.promptTokens, 3)
        assert.equal(stats.tokens, maxTokens)
        assert.equal(
          stats.tokens,
          sum((round) => round.accepted + round.appended),
        )
        assert.equal(stats.rounds, rounds.length)
        assert.equal(stats.forwards, 1 + sum((round) => round.forwards))
        assert.equal(
          stats.rows,
          sum((round) => round.rows),
        )
        assert.equal(
          stats.proposed,
          sum((round) => round.proposed),
        )
        assert.equal(
          stats.accepted,
          sum((round) => round.accepted),
        )
        assert.equal(stats.meanAcceptanceLength, stats.tokens / stats.rounds)
        assert.equal(stats.tokensPerForward, stats.tokens / stats.forwards)
        assert.deepEqual(Object.keys(stats.byProposer).sort(), ["first", "second"])
        for (const counts of Object.values(stats.byProposer))
          assert.equal(counts.proposed, counts.accepted + counts.rejected + counts.unreached)
        assert.equal(finished.tokens.length, maxTokens)
        assert.equal(finished.reason, "maxTokens")
      },
    ),
    { numRuns: 50 },
  )
})

test("a round is one chunk of the stream", async () => {
  const chunks: number[] = []
  await Effect.runPromise(
    Stream.runForEachArray(decodeRounds(decoding(request(3), oneByOne)), (events) =>
      Effect.sync(() => void chunks.push(events.length)),
    ),
  )
  assert.deepEqual(chunks, [1, 2, 2, 2, 1])
})

test("a stream that is run again starts anew", async () => {
  const stream = decodeRounds(decoding(request(5), oneByOne))
  const untimed = (event: Event): unknown =>
    event.type === "round"
      ? { ...event, milliseconds: 0 }
      : event.type === "finished"
        ? {
            ...event,
            stats: { ...(event as FinishedEvent).stats, prefillMs: 0, decodeMs: 0, tokensPerSecond: 0 },
          }
        : event
  const [first, second] = [await collect(stream), await collect(stream)]
  assert.deepEqual(second.map(untimed), first.map(untimed))
})

test("a text of no tokens runs no round", async () => {
  const events = await collect(decodeRounds(decoding(request(0), oneByOne)))
  assert.deepEqual(
    events.map((event) => event.type),
    ["started", "finished"],
  )
  const { stats } = events[1] as Extract<Event, { type: "finished" }>
  assert.deepEqual([stats.tokens, stats.rounds, stats.forwards, stats.meanAcceptanceLength], [0, 0, 1, 0])
})

test("whatever was acquired is released when the stream ends or is interrupted at any event", async () => {
  let held = 0
  const acquire = Effect.acquireRelease(
    Effect.sync(() => void held++),
    () => Effect.sync(() => void held--),
  )
  const stream = (
    model: Decoding["model"],
    cache: typeof naiveCache,
  ): Stream.Stream<Event, DecodeFailure> => {
    const { prompt } = request(4)
    return decodeRounds({
      model,
      request: request(4),
      prepare: Effect.andThen(acquire, prefill(model, cache, prompt)),
      open: (sequence, transcript) => Effect.andThen(acquire, oneByOne(sequence, transcript)),
    })
  }
  const count = await Effect.runPromise(
    forEveryInterruption((faults) => stream(faults.model(model), faults.cache(naiveCache))),
  )
  assert.equal(count, 10)
  assert.equal(held, 0)
})

test("whatever was acquired is released when a part fails", async () => {
  const broken = Effect.fail(new DecodeError({ code: "decode.test", message: "No." }))
  let held = 0
  const acquire = Effect.acquireRelease(
    Effect.sync(() => void held++),
    () => Effect.sync(() => void held--),
  )
  const plain = decoding(request(3), oneByOne)
  for (const part of [
    { ...plain, prepare: Effect.andThen(acquire, broken) },
    { ...plain, open: () => Effect.andThen(acquire, broken) },
    { ...plain, open: () => Effect.as(acquire, broken) },
  ]) {
    assert.equal(await failure(decodeRounds(part)), "decode.test")
    assert.equal(held, 0)
  }
})

test("a typed failure that plain code throws fails the stream; anything else thrown is a defect", async () => {
  const throwing = (value: unknown): Promise<string | undefined> =>
    failure(
      decodeRounds(
        decoding(request(3), () =>
          Effect.succeed(
            Effect.sync(() => {
              throw value
            }),
          ),
        ),
      ),
    )
  assert.equal(await throwing(new DecodeError({ code: "decode.test", message: "No." })), "decode.test")
  assert.equal(await throwing(new TypeError("undefined is not a function")), "a defect")
})

test("a round that commits nothing, or counts what cannot be, is a typed failure", async () => {
  const result = (
    tokens: number[],
    proposed: number,
    accepted: number,
    rejected: number,
  ): Promise<string | undefined> =>
    failure(
      decodeRounds(
        decoding(request(3), (_, transcript) =>
          Effect.succeed(
            Effect.sync(() => {
              transcript.append(tokens)
              return { forwards: 1, rows: 1, proposals: [{ proposer: "x", proposed, accepted, rejected }] }
            }),
          ),
        ),
      ),
    )
  assert.equal(await result([], 0, 0, 0), "decode.no-progress")
  assert.equal(await result([1], 1, 1, 1), "decode.inconsistent-round")
  assert.equal(await result([1], 2, 2, 0), "decode.inconsistent-round")
})

test("a request that cannot be is refused before anything is acquired", async () => {
  const asking = async (change: Partial<Request>, of = model): Promise<string> => {
    const asked = { ...decoding({ ...request(3), ...change }, oneByOne), model: of }
    const refused = Stream.runDrain(decodeRounds({ ...asked, prepare: Effect.die("prepared") }))
    const { code, path, advice } = await Effect.runPromise(Effect.flip(refused))
    assert.ok(path !== undefined && advice !== undefined, `${code} says where it is and what would do`)
    return code
  }
  for (const maxTokens of [-1, 0.5, NaN, Infinity])
    assert.equal(await asking({ target: { kind: "continuation", maxTokens } }), "request.max-tokens")
  for (const seed of [-1, 0.5, 2 ** 53, NaN]) assert.equal(await asking({ seed }), "request.seed")
  for (const token of [-1, 8, 0.5])
    assert.equal(await asking({ stop: { tokens: [token] } }), "request.unknown-token")
  assert.equal(await asking({ stop: { strings: ["a", ""] } }), "request.empty-stop-string")
  const mute = { ...model, tokenizer: undefined }
  assert.equal(await asking({ stop: { strings: ["a"] } }, mute), "request.no-tokenizer")
  assert.equal(await asking({ target: { kind: "grid" as never, maxTokens: 1 } }), "request.unknown-target")
})

test("a timer gets its turn although no round ever waits", async () => {
  const boundless = { ...model, info: { ...model.info, contextLength: Number.MAX_SAFE_INTEGER } }
  const asked = decoding(request(Number.MAX_SAFE_INTEGER), oneByOne)
  const endless = decodeRounds({ ...asked, model: boundless })
  const exit = await Effect.runPromiseExit(Effect.timeout(Stream.runDrain(endless), 20))
  assert.ok(Exit.isFailure(exit))
  assert.equal((Cause.squash(exit.cause) as { _tag?: string })._tag, "TimeoutError")
})

test("leaving a `for await` early releases what decoding holds, and a failure is thrown as it is", async () => {
  let released = false
  const prepare = Effect.andThen(
    Effect.acquireRelease(Effect.void, () => Effect.sync(() => void (released = true))),
    decoding(request(9), oneByOne).prepare,
  )
  for await (const event of toAsyncIterable(decodeRounds({ ...decoding(request(9), oneByOne), prepare }))) {
    assert.equal(released, false)
    if (event.type === "round") break
  }
  assert.equal(released, true)

  const failing = toAsyncIterable(decodeRounds(decoding({ ...request(1), seed: -1 }, oneByOne)))
  await assert.rejects(
    async () => {
      for await (const event of failing) assert.fail(event.type)
    },
    { code: "request.seed" },
  )
})

test("collecting gives the finished event, and a stream without one fails", async () => {
  const finished = await Effect.runPromise(collectText(decodeRounds(decoding(request(2), oneByOne))))
  assert.equal(finished.text, "bb")
  assert.deepEqual([...finished.tokens], [1, 1])
  const error = await Effect.runPromise(Effect.flip(collectText(Stream.empty as Stream.Stream<Event>)))
  assert.equal(error.code, "decode.unfinished")
})
