import { test } from "node:test"
import type { CommittedEvent, Event, FinishedEvent, Request, RoundEvent } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type DecoderCapabilities, type DecoderFactory, type DecoderParts, decoderSuite } from "../mod.ts"
import { assertCaught } from "./_broken.ts"
import { plain } from "./_plain-decoder.ts"

decoderSuite(test, (parts) => Effect.succeed(plain(parts)), { preserves: "tokens" })

const catches = (
  what: string,
  factory: DecoderFactory,
  sentence: string,
  preserves: DecoderCapabilities["preserves"] = "tokens",
): void => {
  test(`the decoder suite catches ${what}`, () =>
    assertCaught((collect) => decoderSuite(collect, factory, { preserves }), sentence))
}

type Change = (event: Event) => Event | readonly Event[]

/** Plain decoding with other events. */
const withEvents =
  (change: () => Change): DecoderFactory =>
  (parts) => {
    const decoder = plain(parts)
    return Effect.succeed({
      ...decoder,
      decode: (request) =>
        Stream.suspend(() => {
          const one = change()
          return Stream.flatMap(decoder.decode(request), (event) => Stream.fromIterable([one(event)].flat()))
        }),
    })
  }

catches(
  "figures that go on from one run of a stream to the next",
  (parts) => {
    const decoder = plain(parts)
    return Effect.succeed({
      ...decoder,
      decode: (request) => {
        let index = 0
        return Stream.map(decoder.decode(request), (event) =>
          event.type === "round" ? { ...(event as RoundEvent), index: index++ } : event,
        )
      },
    })
  },
  "starts anew where its stream is run again",
)

const onRound = (change: (round: RoundEvent) => Event): DecoderFactory =>
  withEvents(() => (event) => (event.type === "round" ? change(event as RoundEvent) : event))
const onCommitted = (change: (committed: CommittedEvent) => Event | readonly Event[]): DecoderFactory =>
  withEvents(() => (event) => (event.type === "committed" ? change(event as CommittedEvent) : event))
const onFinished = (change: (finished: FinishedEvent) => Event): DecoderFactory =>
  withEvents(() => (event) => (event.type === "finished" ? change(event as FinishedEvent) : event))

/** Plain decoding of another request than the one made. */
const withRequest =
  (change: (request: Request, count: number) => Request): DecoderFactory =>
  (parts) => {
    let count = 0
    const decoder = plain(parts)
    return Effect.succeed({ ...decoder, decode: (request) => decoder.decode(change(request, count++)) })
  }

const withParts =
  (change: (parts: DecoderParts) => DecoderParts): DecoderFactory =>
  (parts) =>
    Effect.succeed(plain(change(parts)))

const inRounds = "counts in every round"
catches(
  "appended tokens that are miscounted",
  onRound((round) => ({ ...round, appended: round.appended + 1 })),
  inRounds,
)
catches(
  "proposals that add up to something else",
  onRound((round) => ({ ...round, unreached: 1 })),
  inRounds,
)
catches(
  "rounds numbered from 1",
  onRound((round) => ({ ...round, index: round.index + 1 })),
  inRounds,
)
catches(
  "rows the summary does not know of",
  onRound((round) => ({ ...round, rows: round.rows + 1 })),
  "sums its rounds up in the end",
)
catches(
  "a mean acceptance length of accepted / rounds",
  onFinished((finished) => ({ ...finished, stats: { ...finished.stats, meanAcceptanceLength: 0 } })),
  "sums its rounds up in the end",
)
catches(
  "credit for a proposer that proposed nothing",
  onCommitted((committed) => ({ ...committed, proposers: committed.tokens.map(() => "somebody") })),
  "gives each proposer its due",
)
catches(
  "tokens committed twice",
  onCommitted((committed) => [committed, committed]),
  "commits every token of the finished text once",
)
catches(
  "tokens that never were committed",
  onFinished((finished) => ({ ...finished, tokens: [...finished.tokens, 0] })),
  "commits every token of the finished text once",
)
catches(
  "text that is not the pieces shown",
  onFinished((finished) => ({ ...finished, text: `${finished.text} ` })),
  "shows the finished text piece by piece",
)
catches(
  "ends before the last character",
  onCommitted((committed) => ({ ...committed, ends: committed.ends.map(() => 0) })),
  "says for every committed token who proposed it",
)
catches(
  "a second start",
  withEvents(() => (event) => (event.type === "started" ? [event, event] : event)),
  "starts once",
)
catches(
  "events after the end",
  withEvents(() => (event) => (event.type === "finished" ? [event, { type: "test/late" }] : event)),
  "starts once",
)
catches(
  "numbers that JSON does not know",
  onRound((round) => ({ ...round, counters: { cost: Infinity } })),
  "survives as JSON",
)
catches(
  "a text one token too long",
  withRequest((request) => ({
    ...request,
    target:
      request.target.kind === "continuation"
        ? { kind: "continuation", maxTokens: request.target.maxTokens + 1 }
        : request.target,
  })),
  "has exactly as many tokens as asked for",
)
catches(
  "an end of text that is ignored",
  withRequest((request) => ({ ...request, stop: { ...request.stop, ignoreEnd: true } })),
  "the end of text is committed, not shown, and followed by nothing",
)
catches(
  "stop strings that are ignored",
  withRequest((request) => ({ ...request, stop: { ...request.stop, strings: [] } })),
  "neither a stop string across tokens",
)
catches(
  "stop strings looked for token by token",
  withRequest(({ stop, ...request }) => ({
    ...request,
    stop: { ...stop, strings: (stop?.strings ?? []).filter((string) => string.length === 1) },
  })),
  "neither a stop string that begins as another place does",
)
catches(
  "a seed that is ignored",
  withRequest((request) => ({ ...request, seed: 1 })),
  "other seeds make other texts",
)
catches(
  "a seed that follows the number of texts",
  withRequest((request, count) => ({ ...request, seed: request.seed + count })),
  "a text depends on no other text of the decoder",
)
catches(
  "draws from another temperature",
  withParts((parts) => ({
    ...parts,
    sampler: {
      ...parts.sampler,
      process: (logits, context) =>
        parts.sampler.process(
          logits.map((logit) => logit * 0.5),
          context,
        ),
    },
  })),
  "draws texts by the law of the model",
  "distribution",
)
catches(
  "a sampler told of another position in the history",
  withParts((parts) => ({
    ...parts,
    sampler: {
      ...parts.sampler,
      process: (logits, context) =>
        parts.sampler.process(logits, { ...context, path: [context.history.tokens.at(-1)!] }),
    },
  })),
  "says what plain decoding says, for the same seed",
)
catches(
  "positions that start at 1",
  withParts((parts) => ({
    ...parts,
    model: {
      ...parts.model,
      forward: (rows, options) =>
        parts.model.forward({ ...rows, positions: rows.positions.map((position) => position + 1) }, options),
    },
  })),
  "says what plain decoding says, at temperature 0",
)
catches(
  "a cache in which the rows before the right ones are kept",
  withParts((parts) => ({
    ...parts,
    cache: {
      make: (store) =>
        Effect.map(parts.cache.make(store), (cache) => {
          const write = store.write
          Object.assign(store, {
            write: ((pending, from, at) =>
              write(
                pending,
                Array.from(from, (row) => Math.max(0, row - 1)),
                at,
              )) satisfies typeof write,
          })
          return cache
        }),
    },
  })),
  "its cache replays after every commit",
)

const leaking: DecoderFactory = (parts) => {
  const forever = Scope.makeUnsafe()
  return Effect.succeed(
    plain({
      ...parts,
      model: {
        ...parts.model,
        makeStore: Effect.provideService(parts.model.makeStore, Scope.Scope, forever),
      },
    }),
  )
}
catches("a store that is never released", leaking, "releases everything when it is done")
catches("a store that an interruption leaves", leaking, "ended or interrupted at any event")
catches("a store that a failure leaves", leaking, "whichever call below it fails")
catches(
  "a failure that ends the text as if all were well",
  (parts) => {
    const decoder = plain(parts)
    return Effect.succeed({
      ...decoder,
      decode: (request) => Stream.catch(decoder.decode(request), () => Stream.empty),
    })
  },
  "whichever call below it fails",
)
catches(
  "bad requests that die",
  (parts) => {
    const decoder = plain(parts)
    return Effect.succeed({ ...decoder, decode: (request) => Stream.orDie(decoder.decode(request)) })
  },
  "refuses a token past the vocabulary",
)
catches(
  "a cache acquired before the stream is read",
  (parts) => {
    const decoder = plain(parts)
    return Effect.succeed({
      ...decoder,
      decode: (request) => {
        Effect.runSync(Effect.scoped(parts.model.makeStore))
        return decoder.decode(request)
      },
    })
  },
  "acquires nothing before its stream is read",
)
