import assert from "node:assert/strict"
import type {
  CacheFactory,
  CommittedEvent,
  DecodeFailure,
  Decoder,
  Event,
  FinishedEvent,
  Model,
  ParadeError,
  Request,
  RoundEvent,
  Sampler,
  StartedEvent,
  StopRules,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { naiveCache } from "../caches/naive-cache.ts"
import { assertReplays } from "../faults/cache-replay.ts"
import { tableModel } from "../models/table-model.ts"
import { greedySampler, historySampler, softmaxSampler } from "../reference/samplers.ts"

/** What a decoder is made of, as far as the suite varies it; whatever else it needs is its author's. */
export interface DecoderParts {
  readonly model: Model
  readonly sampler: Sampler
  readonly cache: CacheFactory
}

/** Makes a decoder over given parts. */
export type DecoderFactory = (parts: DecoderParts) => Effect.Effect<Decoder, ParadeError, Scope>

/** How a decoder's text relates to that of plain decoding. */
export interface DecoderCapabilities {
  /**
   * `tokens`: the same tokens for the same seed. `distribution`: the same law. `greedyTokens`: the same tokens at
   * temperature 0. `nothing`: it is lossy.
   */
  readonly preserves: "tokens" | "distribution" | "greedyTokens" | "nothing"
}

/** What the checks get. */
export interface DecoderBench {
  readonly make: DecoderFactory
  readonly preserves: DecoderCapabilities["preserves"]
}

export const endToken = 8

/** A text with an end of text in it now and then, in which wrong positions, rows and orders show. */
const makeTarget = (): Model =>
  tableModel({ vocabularySize: 9, order: 3, seed: 21, positional: true, endTokens: [endToken] })

/** A text that repeats, so that drafters find something, and never ends. */
const makeRepeating = (): Model => tableModel({ vocabularySize: 6, order: 1, seed: 5, spread: 3 })

export const target: Model = makeTarget()
export const repeating: Model = makeRepeating()

/** The models of the suite, each with another copy: a forward of the copy leaves the outputs of the first alone. */
export const twins: readonly (readonly [model: Model, twin: Model])[] = [
  [target, makeTarget()],
  [repeating, makeRepeating()],
]

export const samplers: readonly (readonly [name: string, sampler: Sampler])[] = [
  ["greedy", greedySampler],
  ["at temperature 1", softmaxSampler()],
  ["with a penalty that looks back", historySampler(4, 1.5)],
]

export const prompt: readonly number[] = [1, 2, 3, 1, 2]

export const requestFor = (
  maxTokens: number,
  seed = 1,
  stop: StopRules = {},
  tokens: readonly number[] = prompt,
): Request => ({
  prompt: [{ tokens }],
  target: { kind: "continuation", maxTokens },
  seed,
  stop,
})

/** The parts of a decoder, greedy over a model that never ends unless said otherwise. */
export const partsOf = (parts: Partial<DecoderParts> = {}): DecoderParts => ({
  model: repeating,
  sampler: greedySampler,
  cache: naiveCache,
  ...parts,
})

/** Events of a text at most: more than any sound decoder gives for the short texts of a suite. */
const manyEvents = 5000

/** All events of a request, by a decoder made for it. */
export const eventsOf = (
  { make }: DecoderBench,
  parts: DecoderParts,
  request: Request,
): Effect.Effect<readonly Event[], DecodeFailure | ParadeError> =>
  Effect.scoped(Effect.flatMap(make(parts), (decoder) => read(decoder, request)))

/** All events of a request. */
export const read = (decoder: Decoder, request: Request): Effect.Effect<readonly Event[], DecodeFailure> =>
  Effect.map(Stream.runCollect(Stream.take(decoder.decode(request), manyEvents)), (events) => {
    assert.ok(events.length < manyEvents, `the text does not end within ${manyEvents} events`)
    return events
  })

export const isCommitted = (event: Event): event is CommittedEvent => event.type === "committed"
export const isRound = (event: Event): event is RoundEvent => event.type === "round"

/** The first event, which starts, and the last, which finishes. */
export const endsOf = (events: readonly Event[]): { started: StartedEvent; finished: FinishedEvent } => {
  const [started, finished] = [events[0], events.at(-1)]
  assert.ok(started?.type === "started", `the first event is ${started?.type}`)
  assert.ok(finished?.type === "finished", `the last event is ${finished?.type}`)
  return { started: started as StartedEvent, finished: finished as FinishedEvent }
}

/** The end of a request's text. */
export const finishOf = (
  bench: DecoderBench,
  parts: DecoderParts,
  request: Request,
): Effect.Effect<FinishedEvent, DecodeFailure | ParadeError> =>
  Effect.map(eventsOf(bench, parts, request), (events) => endsOf(events).finished)

/** Caches that replay their inputs after every commit, through a copy of the model they are used with. */
export const replaying = (twin: Model, factory: CacheFactory): CacheFactory => ({
  make: (store) =>
    Effect.map(factory.make(store), (cache) => {
      const commit: typeof cache.commit = (rows) =>
        Effect.tap(cache.commit(rows), () => Effect.orDie(assertReplays(twin, cache)))
      return new Proxy(cache, {
        get: (object, key) => (key === "commit" ? commit : Reflect.get(object, key, object)),
        set: (object, key, value) => Reflect.set(object, key, value, object),
      })
    }),
})
