import assert from "node:assert/strict"
import test from "node:test"
import type { CommittedEvent, Stats } from "@parade/core"
import fc from "fast-check"
import { makePaint } from "./colour.ts"
import { paintCommitted, summaryLine } from "./event-printer.ts"

const committed = (
  text: string,
  ends: readonly number[],
  proposers: readonly (string | null)[],
): CommittedEvent => ({ type: "committed", tokens: ends.map(() => 1), position: 0, text, ends, proposers })

const marked = { ...makePaint(false), green: (text: string) => `[${text}]` }

test("Drafted text is set apart, neighbours together.", () => {
  assert.equal(paintCommitted(committed("abcdef", [1, 2, 4, 6], [null, "x", "y", null]), marked), "a[bcd]ef")
})

test("Text that waited for a character to end belongs to the token that ended it.", () => {
  assert.equal(paintCommitted(committed("é", [0, 1], [null, "x"]), marked), "[é]")
  assert.equal(paintCommitted(committed("", [0], [null]), marked), "")
})

test("Without colours the text comes out as it is, whatever the tokens.", () => {
  const tokens = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.constantFrom(null, "a", "b")), {
    maxLength: 9,
  })
  fc.assert(
    fc.property(tokens, fc.string({ maxLength: 2 }), (parts, rest) => {
      const ends: number[] = []
      let text = ""
      for (const [part] of parts) {
        text += part
        ends.push(text.length)
      }
      const event = committed(
        text + rest,
        ends,
        parts.map(([, proposer]) => proposer),
      )
      assert.equal(paintCommitted(event, makePaint(false)), text + rest)
    }),
  )
})

const stats: Stats = {
  promptTokens: 7,
  tokens: 30,
  forwards: 10,
  rows: 40,
  rounds: 10,
  proposed: 0,
  accepted: 0,
  tokensPerForward: 3,
  meanAcceptanceLength: 3,
  prefillMs: 12.4,
  decodeMs: 100,
  tokensPerSecond: 290,
  byProposer: {},
}

test("The summary tells of drafts only where there were some.", () => {
  assert.equal(
    summaryLine(stats),
    "30 tokens · 10 rounds · 3.00 tokens per forward · 290.0 tokens/s · prompt of 7 in 12 ms",
  )
  assert.match(summaryLine({ ...stats, prefillMs: 0.2 }), /tokens\/s · prompt of 7$/)
  assert.match(summaryLine({ ...stats, proposed: 40, accepted: 20 }), /20 of 40 drafted accepted \(50 %\)/)
})
