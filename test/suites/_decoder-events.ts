import assert from "node:assert/strict"
import { type Event, eventVersion, type RoundEvent } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type DecoderBench,
  endsOf,
  eventsOf,
  isCommitted,
  isRound,
  partsOf,
  prompt,
  requestFor,
  samplers,
  target,
} from "./_decoder-bench.ts"
import type { Registrar } from "./test-function.ts"

/** The events of several texts: with and without an end, greedy and not. */
const texts = (bench: DecoderBench) =>
  Effect.gen(function* () {
    const runs: (readonly Event[])[] = []
    for (const [, sampler] of samplers)
      for (const seed of [1, 2, 3]) {
        runs.push(yield* eventsOf(bench, partsOf({ sampler }), requestFor(24, seed)))
        runs.push(yield* eventsOf(bench, partsOf({ sampler, model: target }), requestFor(24, seed)))
      }
    return runs
  })

const sum = (rounds: readonly RoundEvent[], field: keyof RoundEvent): number =>
  rounds.reduce((total, round) => total + (round[field] as number), 0)

/** The event stream adds up. */
export const promiseDecoderEvents = (promise: Registrar<DecoderBench>): void => {
  const forTexts = (sentence: string, check: (events: readonly Event[]) => void): void =>
    promise(sentence, (bench) => Effect.map(texts(bench), (runs) => runs.forEach(check)))

  forTexts(
    "starts once, with version, target and the length of the prompt, and finishes once, last",
    (events) => {
      const { started } = endsOf(events)
      assert.equal(events.filter(({ type }) => type === "started").length, 1)
      assert.equal(events.filter(({ type }) => type === "finished").length, 1)
      assert.equal(started.version, eventVersion)
      assert.deepEqual(started.target, { kind: "continuation", maxTokens: 24 })
      assert.equal(started.promptTokens, prompt.length)
    },
  )

  forTexts("has events of the known types only, beside those named after a package", (events) => {
    const known = new Set(["started", "committed", "provisional", "cut", "round", "finished"])
    for (const { type } of events) assert.ok(known.has(type) || type.includes("/"), `an event ${type}`)
  })

  forTexts("survives as JSON", (events) => {
    assert.deepEqual(JSON.parse(JSON.stringify(events)), events)
  })

  forTexts("commits every token of the finished text once", (events) => {
    const { finished } = endsOf(events)
    const tokens: number[] = []
    for (const { position, tokens: committed } of events.filter(isCommitted))
      for (const [i, token] of committed.entries()) {
        assert.equal(tokens[position + i], undefined, `token ${position + i} is committed twice`)
        tokens[position + i] = token
      }
    assert.deepEqual(tokens, finished.tokens)
  })

  forTexts("shows the finished text piece by piece", (events) => {
    const pieces = events.filter(isCommitted).map(({ text }) => text)
    assert.equal(pieces.join(""), endsOf(events).finished.text)
  })

  forTexts("says for every committed token who proposed it and where its text ends", (events) => {
    for (const { tokens, proposers, ends, text } of events.filter(isCommitted)) {
      assert.equal(proposers.length, tokens.length)
      assert.equal(ends.length, tokens.length)
      for (const [i, end] of ends.entries())
        assert.ok(end >= (ends[i - 1] ?? 0) && end <= text.length, `token ${i} ends at ${end}`)
      assert.equal(ends.at(-1) ?? 0, text.length, "the last token ends where the text does")
    }
  })

  forTexts(
    "counts in every round: committed = accepted + appended, proposed = accepted + rejected + unreached",
    (events) => {
      let committed = 0
      let index = 0
      for (const event of events)
        if (isCommitted(event)) committed += event.tokens.length
        else if (isRound(event)) {
          const { proposed, accepted, rejected, unreached, appended } = event
          assert.equal(event.index, index++, "rounds are numbered from 0")
          assert.equal(accepted + appended, committed, `round ${event.index} commits`)
          assert.equal(accepted + rejected + unreached, proposed, `round ${event.index} proposes`)
          for (const count of [proposed, accepted, rejected, unreached, appended, event.forwards, event.rows])
            assert.ok(Number.isInteger(count) && count >= 0, `round ${event.index} counts ${count}`)
          assert.ok(committed > 0, `round ${event.index} commits nothing`)
          committed = 0
        }
      assert.equal(committed, 0, "tokens are committed outside a round")
    },
  )

  forTexts("sums its rounds up in the end", (events) => {
    const { stats, tokens } = endsOf(events).finished
    const rounds = events.filter(isRound)
    assert.equal(stats.promptTokens, prompt.length)
    assert.equal(stats.tokens, tokens.length)
    assert.equal(stats.rounds, rounds.length)
    assert.equal(stats.rows, sum(rounds, "rows"))
    assert.equal(
      stats.forwards,
      1 + sum(rounds, "forwards"),
      "the forwards of the rounds, and the prompt's last one",
    )
    assert.equal(stats.proposed, sum(rounds, "proposed"))
    assert.equal(stats.accepted, sum(rounds, "accepted"))
    assert.ok(Math.abs(stats.tokensPerForward - stats.tokens / stats.forwards) < 1e-9, "tokens per forward")
    assert.ok(
      Math.abs(stats.meanAcceptanceLength - stats.tokens / stats.rounds) < 1e-9,
      "mean acceptance length",
    )
    for (const time of [stats.prefillMs, stats.decodeMs, stats.tokensPerSecond])
      assert.ok(time >= 0, `a time or rate is ${time}`)
  })

  forTexts("gives each proposer its due", (events) => {
    const { stats } = endsOf(events).finished
    const proposers = Object.entries(stats.byProposer)
    const credited = events.filter(isCommitted).flatMap((event) => event.proposers)
    for (const [name, counts] of proposers) {
      assert.equal(counts.accepted + counts.rejected + counts.unreached, counts.proposed, name)
      assert.equal(credited.filter((proposer) => proposer === name).length, counts.accepted, name)
    }
    assert.equal(credited.filter((proposer) => proposer !== null).length, stats.accepted)
    assert.equal(
      proposers.reduce((total, [, { proposed }]) => total + proposed, 0),
      stats.proposed,
    )
  })

  promise("starts anew where its stream is run again", (bench) =>
    Effect.gen(function* () {
      const decoder = yield* bench.make(partsOf({}))
      const stream = decoder.decode(requestFor(12))
      yield* Stream.runDrain(stream)
      const events = yield* Stream.runCollect(stream)
      const rounds = events.filter(isRound)
      const { stats, text } = endsOf(events).finished
      assert.deepEqual(
        rounds.map(({ index }) => index),
        rounds.map((_, at) => at),
        "rounds are numbered from 0",
      )
      assert.equal(stats.rounds, rounds.length)
      assert.equal(stats.rows, sum(rounds, "rows"))
      assert.equal(stats.proposed, sum(rounds, "proposed"))
      const pieces = events.filter(isCommitted).map((event) => event.text)
      assert.equal(pieces.join(""), text)
    }),
  )
}
