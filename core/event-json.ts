import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ParadeError } from "./error.ts"
import { type Event, eventVersion } from "./event.ts"

/** A line that is no event, or a stream of a later version. */
export class EventError extends ParadeError {
  readonly _tag = "EventError"
}

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Tokens = Schema.Array(Count)

const Started = Schema.Struct({
  type: Schema.Literal("started"),
  version: Count,
  target: Schema.Union([
    Schema.Struct({ kind: Schema.Literal("continuation"), maxTokens: Count }),
    Schema.Struct({
      kind: Schema.Literal("canvas"),
      length: Count,
      spans: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ start: Count, end: Count }))),
      answer: Schema.optionalKey(Schema.String),
    }),
  ]),
  promptTokens: Count,
})

const Committed = Schema.Struct({
  type: Schema.Literal("committed"),
  tokens: Tokens,
  position: Count,
  text: Schema.String,
  proposers: Schema.Array(Schema.NullOr(Schema.String)),
  ends: Schema.Array(Count),
})

const Provisional = Schema.Struct({
  type: Schema.Literal("provisional"),
  tokens: Tokens,
  position: Count,
  text: Schema.String,
})

const Cut = Schema.Struct({ type: Schema.Literal("cut"), position: Count })

const Round = Schema.Struct({
  type: Schema.Literal("round"),
  index: Count,
  forwards: Count,
  rows: Count,
  proposed: Count,
  accepted: Count,
  rejected: Count,
  unreached: Count,
  appended: Count,
  milliseconds: Amount,
  counters: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
})

const Counts = Schema.Struct({ proposed: Count, accepted: Count, rejected: Count, unreached: Count })

const Finished = Schema.Struct({
  type: Schema.Literal("finished"),
  text: Schema.String,
  tokens: Tokens,
  reason: Schema.Literals(["endToken", "stopToken", "stopString", "maxTokens", "contextLength", "complete"]),
  stats: Schema.Struct({
    promptTokens: Count,
    tokens: Count,
    forwards: Count,
    rows: Count,
    rounds: Count,
    proposed: Count,
    accepted: Count,
    tokensPerForward: Amount,
    meanAcceptanceLength: Amount,
    prefillMs: Amount,
    decodeMs: Amount,
    tokensPerSecond: Amount,
    byProposer: Schema.Record(Schema.String, Counts),
    counters: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
  }),
})

const Package = Schema.StructWithRest(
  Schema.Struct({ type: Schema.TemplateLiteral([Schema.String, "/", Schema.String]) }),
  [Schema.Record(Schema.String, Schema.Json)],
)

/** The events of a decoder as JSON, version {@link eventVersion}. Fields it does not name are left out on reading. */
export const EventJson: Schema.Codec<Event, unknown> = Schema.Union([
  Started,
  Committed,
  Provisional,
  Cut,
  Round,
  Finished,
  Package,
])

const parse = Schema.decodeUnknownEffect(EventJson)

/** An event as a line of JSON, with the line break. */
export const encodeEvent = (event: Event): string => `${JSON.stringify(event)}\n`

/**
 * Reads a line that {@link encodeEvent} wrote. Fails with `events.malformed`, or `events.version` at a `started` of a
 * later version.
 */
export const decodeEvent = (line: string): Effect.Effect<Event, EventError> =>
  Effect.gen(function* () {
    const json = yield* Effect.try({
      try: () => JSON.parse(line) as unknown,
      catch: (cause) => malformed("The line is not JSON.", cause),
    })
    const version = versionOf(json)
    if (version !== undefined && version > eventVersion)
      return yield* Effect.fail(
        new EventError({
          code: "events.version",
          message: `The events are of version ${version}; this reader knows version ${eventVersion}.`,
          advice: "Update @parade/core.",
        }),
      )
    return yield* Effect.mapError(parse(json), (error) => malformed(String(error.message), error))
  })

const malformed = (message: string, cause: unknown): EventError =>
  new EventError({
    code: "events.malformed",
    message,
    advice: "Read what Parade wrote, line by line: docs/events.md says what is in a line.",
    cause,
  })

const versionOf = (json: unknown): number | undefined => {
  const { type, version } = (json ?? {}) as { readonly type?: unknown; readonly version?: unknown }
  return type === "started" && typeof version === "number" ? version : undefined
}

/** Events as JSON Lines. */
export const toJsonLines = <E, R>(events: Stream.Stream<Event, E, R>): Stream.Stream<string, E, R> =>
  Stream.map(events, encodeEvent)

/** The events of JSON Lines that come in pieces of any size; blank lines are passed over. */
export const fromJsonLines = <E, R>(
  text: Stream.Stream<string, E, R>,
): Stream.Stream<Event, E | EventError, R> =>
  Stream.splitLines(text).pipe(
    Stream.filter((line) => line.trim() !== ""),
    Stream.mapEffect(decodeEvent),
  )
