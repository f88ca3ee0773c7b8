import assert from "node:assert/strict"
import { test } from "node:test"
import { tableModel } from "@parade/test"
import * as fc from "fast-check"
import {
  type CommittedEvent,
  type FinishReason,
  makeHistory,
  makeTranscript,
  type Model,
  type MutableSequence,
  type StopRules,
  type Transcript,
} from "./mod.ts"

const pieces = [
  "a",
  "b",
  "ab",
  "ba",
  "abb",
  " ",
  "é",
  "😀",
  { special: "<end>" },
  { special: "<stop>" },
] as const
const [endToken, stopToken] = [8, 9]
const model = tableModel({ vocabularySize: pieces.length, order: 1, seed: 1, endTokens: [endToken], pieces })

const open = (
  stop: StopRules,
  maxTokens: number,
  prompt: readonly number[] = [0],
  of: Model = model,
): { transcript: Transcript; sequence: MutableSequence } => {
  const sequence = {
    history: makeHistory(prompt),
    outstanding: 0,
    outputs: undefined,
  } as unknown as MutableSequence
  return { transcript: makeTranscript(of, { maxTokens, stop }, sequence), sequence }
}

interface Expected {
  readonly count: number
  readonly text: string
  readonly reason: FinishReason | undefined
}

/** The rules, token by token and character by character, over complete characters. */
const reference = (tokens: readonly number[], stop: StopRules, maxTokens: number): Expected => {
  let text = ""
  for (const [i, token] of tokens.entries()) {
    if (token === endToken && stop.ignoreEnd !== true) return { count: i + 1, text, reason: "endToken" }
    if (stop.tokens?.includes(token) === true) return { count: i + 1, text, reason: "stopToken" }
    const piece = pieces[token]!
    for (const character of typeof piece === "string" ? piece : "") {
      text += character
      const found = (stop.strings ?? []).filter((pattern) => text.endsWith(pattern))
      if (found.length > 0) {
        const length = Math.max(...found.map((pattern) => pattern.length))
        return { count: i + 1, text: text.slice(0, -length), reason: "stopString" }
      }
    }
    if (i + 1 === maxTokens) return { count: i + 1, text, reason: "maxTokens" }
  }
  return { count: tokens.length, text, reason: undefined }
}

const stopRules: fc.Arbitrary<StopRules> = fc.record(
  {
    tokens: fc.subarray([stopToken, 5]),
    strings: fc.array(
      fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "😀"), minLength: 1, maxLength: 4 }),
      {
        maxLength: 3,
      },
    ),
    ignoreEnd: fc.boolean(),
  },
  { requiredKeys: [] },
)
const token = fc.oneof(
  { weight: 9, arbitrary: fc.nat(7) },
  { weight: 1, arbitrary: fc.constantFrom(endToken, stopToken) },
)

test("however tokens come, the text, its end and what was committed follow the rules", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(token, { maxLength: 5 }), { maxLength: 8 }),
      stopRules,
      fc.integer({ min: 1, max: 30 }),
      (rounds, stop, maxTokens) => {
        const { transcript, sequence } = open(stop, maxTokens)
        const all = rounds.flat()
        const expected = reference(all, stop, maxTokens)
        let taken = ""
        let position = 0
        for (const round of rounds) {
          const before = transcript.tokens.length
          const proposers = round.map((_, i) => (i % 2 === 0 ? "someone" : null))
          const count = transcript.append(round, proposers)
          const event = transcript.take()
          assert.equal(transcript.tokens.length, before + count)
          if (event === undefined) {
            assert.equal(count, 0)
            continue
          }
          assert.equal(event.position, position)
          assert.deepEqual(event.tokens, round.slice(0, count))
          assert.deepEqual(event.proposers, proposers.slice(0, count))
          assert.equal(event.ends.length, count)
          assert.equal(event.ends.at(-1), event.text.length)
          event.ends.forEach((end, i) => assert.ok(i === 0 || end >= event.ends[i - 1]!))
          position += count
          taken += event.text
          assert.ok(expected.text.startsWith(taken), "shows text that is not in the end")
          assert.equal(transcript.text, taken)
        }
        assert.equal(transcript.reason, expected.reason)
        assert.deepEqual([...transcript.tokens], all.slice(0, expected.count))
        assert.deepEqual([...sequence.history.tokens], [0, ...all.slice(0, expected.count)])
        assert.equal(sequence.outstanding, expected.count)
        if (expected.reason !== undefined) assert.equal(taken, expected.text)
        assert.equal(transcript.remaining, expected.reason === undefined ? maxTokens - expected.count : 0)
      },
    ),
    { numRuns: 500 },
  )
})

const texts = (transcript: Transcript, tokens: readonly number[]): string[] =>
  tokens.map((one) => {
    transcript.append([one])
    return (transcript.take() as CommittedEvent).text
  })

test("what may begin a stop string is held back, and shown once it cannot", () => {
  const { transcript } = open({ strings: ["abba"] }, 9)
  assert.deepEqual(texts(transcript, [5, 0, 1, 0]), [" ", "", "", "ab"])
  assert.equal(transcript.append([1, 1, 0, 5]), 3)
  assert.equal(transcript.take()!.text, "")
  assert.equal(transcript.text, " ab")
  assert.equal(transcript.reason, "stopString")
})

test("what was held back is shown when the text ends otherwise", () => {
  for (const [last, reason] of [
    [endToken, "endToken"],
    [6, "maxTokens"],
  ] as const) {
    const { transcript } = open({ strings: ["abbé!"] }, 3)
    transcript.append([4, last, 6])
    if (reason === "maxTokens") transcript.append([0])
    assert.equal(transcript.reason, reason)
    assert.equal(transcript.text, reason === "endToken" ? "abb" : "abbéé")
  }
})

test("characters made of several tokens are shown when complete, broken ones at the end", () => {
  const bytes = [...new TextEncoder().encode("é")].map((byte) => Uint8Array.of(byte))
  const of = tableModel({ vocabularySize: 3, order: 1, seed: 1, pieces: [...bytes, "x"] })
  const { transcript } = open({}, 5, [2], of)
  assert.deepEqual(texts(transcript, [0, 1, 2]), ["", "é", "x"])
  assert.deepEqual(texts(transcript, [2, 0]), ["x", "\uFFFD"])
})

test("the context ends a text one token after its last row", () => {
  const of = tableModel({ vocabularySize: pieces.length, order: 1, seed: 1, pieces, contextLength: 4 })
  const { transcript } = open({}, 100, [0, 0], of)
  assert.equal(transcript.remaining, 3)
  assert.equal(transcript.append([1, 1, 1, 1, 1]), 3)
  assert.equal(transcript.reason, "contextLength")
  assert.equal(open({}, 100, [0, 0, 0, 0], of).transcript.remaining, 1)
})

test("a text of no tokens has ended before it begins", () => {
  const { transcript } = open({}, 0)
  assert.equal(transcript.reason, "maxTokens")
  assert.equal(transcript.append([1]), 0)
  assert.equal(transcript.take(), undefined)
})

test("a token outside the vocabulary is a typed failure", () => {
  for (const wrong of [-1, pieces.length, 0.5, NaN])
    assert.throws(() => open({}, 5).transcript.append([wrong]), { code: "decode.token-out-of-range" })
})

test("without a tokenizer the text is empty and tokens still count", () => {
  const { transcript } = open({}, 2, [0], { ...model, tokenizer: undefined })
  transcript.append([1, 2])
  assert.equal(transcript.text, "")
  assert.equal(transcript.reason, "maxTokens")
})
