import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { decodeEvent, encodeEvent, type EventError, fromJsonLines, toJsonLines } from "./event-json.ts"
import { type Event, eventVersion } from "./mod.ts"

const object = <T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: readonly (keyof T)[] = [],
): fc.Arbitrary<T> =>
  fc.record(model, {
    noNullPrototype: true,
    requiredKeys: (Object.keys(model) as (keyof T)[]).filter((key) => !optional.includes(key)),
  }) as fc.Arbitrary<T>
const count = fc.nat()
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
const text = fc.string({ unit: "binary" })
const tokens = fc.array(count, { maxLength: 5 })
const name = fc.oneof(text, fc.constant("__proto__"))
const record = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<Record<string, A>> =>
  fc.dictionary(text, value, { maxKeys: 3, noNullPrototype: true })
const counts = object({ proposed: count, accepted: count, rejected: count, unreached: count })

const event: fc.Arbitrary<Event> = fc.oneof(
  object({
    type: fc.constant("started" as const),
    version: fc.constant(eventVersion),
    target: fc.oneof(
      object({ kind: fc.constant("continuation" as const), maxTokens: count }),
      object(
        {
          kind: fc.constant("canvas" as const),
          length: count,
          spans: fc.dictionary(text, object({ start: count, end: count }), {
            maxKeys: 3,
            noNullPrototype: true,
          }),
          answer: text,
        },
        ["spans", "answer"],
      ),
    ),
    promptTokens: count,
  }),
  object({
    type: fc.constant("committed" as const),
    tokens,
    position: count,
    text,
    proposers: fc.array(fc.option(name), { maxLength: 5 }),
    ends: tokens,
  }),
  object({ type: fc.constant("provisional" as const), tokens, position: count, text }),
  object({ type: fc.constant("cut" as const), position: count }),
  object(
    {
      type: fc.constant("round" as const),
      index: count,
      forwards: count,
      rows: count,
      proposed: count,
      accepted: count,
      rejected: count,
      unreached: count,
      appended: count,
      milliseconds: amount,
      counters: record(count),
    },
    ["counters"],
  ),
  object({
    type: fc.constant("finished" as const),
    text,
    tokens,
    reason: fc.constantFrom(
      "endToken" as const,
      "stopToken" as const,
      "stopString" as const,
      "maxTokens" as const,
      "contextLength" as const,
      "complete" as const,
    ),
    stats: object({
      promptTokens: count,
      tokens: count,
      forwards: count,
      rows: count,
      rounds: count,
      proposed: count,
      accepted: count,
      tokensPerForward: amount,
      meanAcceptanceLength: amount,
      prefillMs: amount,
      decodeMs: amount,
      tokensPerSecond: amount,
      byProposer: record(counts),
    }),
  }),
  object({
    type: fc.constantFrom("a/b" as const, "@parade/x/trace" as const, "/" as const),
    note: fc.oneof(text, count, fc.constant(null), tokens, record(text)),
  }),
)

const code = (line: string): Promise<string> =>
  Effect.runPromise(Effect.map(Effect.flip(decodeEvent(line)), (error: EventError) => error.code))

test("an event reads back as it was written, on a line of its own", () => {
  fc.assert(
    fc.property(event, (written) => {
      const line = encodeEvent(written)
      assert.equal(line.indexOf("\n"), line.length - 1)
      assert.deepEqual(Effect.runSync(decodeEvent(line)), written)
    }),
    { numRuns: 300 },
  )
})

test("a stream of events survives JSON Lines cut anywhere, with blank lines between", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      async (events, size) => {
        const lines = await Effect.runPromise(Stream.mkString(toJsonLines(Stream.fromIterable(events))))
        const text = `\n${lines}\n`
        const pieces: string[] = []
        for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size))
        assert.deepEqual(
          await Effect.runPromise(Stream.runCollect(fromJsonLines(Stream.fromIterable(pieces)))),
          events,
        )
      },
    ),
    { numRuns: 50 },
  )
})

test("fields of later writers are passed over in known events and kept in package events", () => {
  assert.deepEqual(Effect.runSync(decodeEvent(`{"type":"cut","position":3,"why":"later"}`)), {
    type: "cut",
    position: 3,
  })
  assert.deepEqual(Effect.runSync(decodeEvent(`{"type":"x/y","deep":{"a":[1,null]}}`)), {
    type: "x/y",
    deep: { a: [1, null] },
  })
})

test("a line that is no event is a typed failure", async () => {
  for (const line of [
    "",
    "{",
    "null",
    "[]",
    `"cut"`,
    `{"type":"unknown"}`,
    `{"type":"cut"}`,
    `{"type":"cut","position":-1}`,
    `{"type":"cut","position":1.5}`,
    `{"type":"started","version":"1"}`,
    `{"type":"committed","tokens":[1],"position":0,"text":"","proposers":[1],"ends":[0]}`,
  ])
    assert.equal(await code(line), "events.malformed")
})

test("a stream of a later version is refused, whatever else it says", async () => {
  assert.equal(await code(`{"type":"started","version":${eventVersion + 1}}`), "events.version")
})
