import assert from "node:assert/strict"
import { test } from "node:test"
import { tableModel } from "@parade/test"
import * as fc from "fast-check"
import {
  type Canvas,
  type CanvasTarget,
  type CommittedEvent,
  type Event,
  makeCanvas,
  type StopRules,
} from "./mod.ts"

const pieces = ["a", "b", "c", "ab", "é", { special: "<end>" }, { special: "<mask>" }] as const
const [a, b, c, ab] = [0, 1, 2, 3]
const end = 5
const mask = 6
const table = tableModel({ vocabularySize: pieces.length, order: 1, seed: 1, endTokens: [end], pieces })
const model = { ...table, info: { ...table.info, maskToken: mask } }

const open = (length: number, target: Partial<CanvasTarget> = {}, stop?: StopRules): Canvas =>
  makeCanvas(model, { target: { kind: "canvas", length, ...target }, stop, full: "complete" })

const committed = (events: readonly Event[]): readonly CommittedEvent[] =>
  events.filter((event): event is CommittedEvent => event.type === "committed")
const texts = (canvas: Canvas): readonly string[] => committed(canvas.take().events).map(({ text }) => text)

test("text is shown up to the first gap, and what closes a gap shows what stands behind it", () => {
  const canvas = open(6)
  canvas.place([1, 2], [b, c])
  canvas.place([5], [a])
  assert.deepEqual(texts(canvas), ["", ""])
  canvas.place([0], [ab])
  assert.deepEqual(texts(canvas), ["abbc"])
  canvas.place([3, 4], [a, a])
  assert.deepEqual(texts(canvas), ["aaa"])
  assert.equal(canvas.reason, "complete")
})

test("an event has its tokens, their position, who proposed them and where their text ends", () => {
  const canvas = open(5)
  canvas.place([3], [c], ["someone"])
  canvas.take()
  canvas.place([2, 0, 1], [b, ab, a], [null, "one", "two"])
  assert.deepEqual(canvas.take().events, [
    {
      type: "committed",
      tokens: [ab, a, b],
      position: 0,
      text: "ababc",
      proposers: ["one", "two", null],
      ends: [2, 3, 4],
    },
  ])
})

test("what was given comes first, counts for nothing and is never masked", () => {
  const canvas = open(5, {
    fixed: [
      { at: 0, tokens: [a] },
      { at: 3, tokens: [b, c] },
    ],
  })
  const { events, committed: count } = canvas.take()
  assert.equal(count, 0)
  assert.deepEqual(
    committed(events).map(({ position, text, proposers }) => [position, text, proposers]),
    [
      [0, "a", ["given"]],
      [3, "", ["given", "given"]],
    ],
  )
  assert.equal(canvas.masked, 2)
  assert.throws(() => canvas.place([3], [a]), { code: "decode.not-masked" })
  canvas.place([2, 1], [a, a])
  assert.deepEqual([canvas.text, canvas.filled, canvas.standing], ["aaabc", 2, 2])
})

test("an end of text cuts off what stands behind it once all before it is filled", () => {
  const canvas = open(6)
  canvas.place([4, 2], [a, end])
  assert.deepEqual(
    canvas.take().events.map(({ type }) => type),
    ["committed", "committed"],
  )
  canvas.place([0, 1, 3], [a, b, c])
  const { events, committed: count } = canvas.take()
  assert.deepEqual(
    events.map(({ type }) => type),
    ["committed", "cut"],
  )
  assert.equal(count, 2, "what is cut off in the round it came in was never there")
  assert.deepEqual(canvas.tokens, [a, b, end])
  assert.deepEqual([canvas.reason, canvas.text, canvas.length, canvas.standing], ["endToken", "ab", 3, 3])
})

test("an end of text before something given, or outside the answer, ends nothing", () => {
  const infill = open(4, { fixed: [{ at: 3, tokens: [c] }] })
  infill.place([0, 1, 2], [a, end, b])
  assert.deepEqual([infill.reason, infill.text], ["complete", "abc"])
  const spans = { trace: { start: 0, end: 2 }, summary: { start: 2, end: 4 } }
  const traces = open(4, { spans, answer: "summary" })
  traces.place([0], [end])
  assert.equal(traces.reason, undefined)
  traces.place([2, 3], [a, b])
  assert.deepEqual([traces.reason, traces.text, traces.tokens], ["complete", "ab", [a, b]])
})

test("stop strings are looked for in the text in order, across gaps", () => {
  const canvas = open(6, {}, { strings: ["bca"] })
  canvas.place([2, 3], [c, a])
  canvas.place([0, 1], [a, b])
  assert.deepEqual([canvas.reason, canvas.text], ["stopString", "a"])
})

test("a cut shortens the canvas, may complete it, and never takes what was shown or given", () => {
  const canvas = open(6)
  canvas.place([0, 1, 4], [a, b, c])
  canvas.take()
  for (const length of [1, 7, 2.5, NaN])
    assert.throws(() => canvas.cut(length), { code: "decode.invalid-cut" })
  canvas.cut(3)
  assert.deepEqual(canvas.take().events, [{ type: "cut", position: 3 }])
  assert.deepEqual([canvas.length, canvas.masked, canvas.cells.length], [3, 1, 3])
  canvas.cut(2)
  assert.equal(canvas.reason, "complete")
  assert.throws(() => open(4, { fixed: [{ at: 2, tokens: [a] }] }).cut(2), { code: "decode.invalid-cut" })
})

test("text that a cut sets free is shown", () => {
  const canvas = open(4, {}, { strings: ["abba"] })
  canvas.place([0, 1], [a, b])
  assert.deepEqual(texts(canvas), [""])
  canvas.cut(2)
  assert.deepEqual(texts(canvas), ["ab"])
})

test("what may still change is shown as such", () => {
  const canvas = open(3)
  canvas.suggest(1, [a, ab])
  assert.deepEqual(canvas.take().events, [{ type: "provisional", tokens: [a, ab], position: 1, text: "aab" }])
})

test("the mask, other than tokens and positions that are filled are typed failures", () => {
  for (const token of [mask, -1, 7, 0.5, NaN])
    assert.throws(() => open(3).place([0], [token]), { code: "decode.token-out-of-range" })
  for (const position of [-1, 3, 0.5, NaN])
    assert.throws(() => open(3).place([position], [a]), { code: "decode.not-masked" })
})

test("whatever the order, the events rebuild canvas and text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(pieces.length - 2), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
      (tokens, keys, sizes) => {
        const canvas = open(tokens.length)
        const order = tokens.map((_, i) => i).sort((i, j) => keys[i]! - keys[j]! || i - j)
        const seen = new Map<number, number>()
        let text = ""
        for (let at = 0, turn = 0; at < order.length && canvas.reason === undefined; turn++) {
          const some = order.slice(at, at + sizes[turn]!).filter((i) => i < canvas.length)
          at += sizes[turn]!
          canvas.place(
            some,
            some.map((i) => tokens[i]!),
          )
          for (const event of canvas.take().events) {
            if (event.type === "committed")
              for (const [i, token] of (event as CommittedEvent).tokens.entries())
                seen.set((event as CommittedEvent).position + i, token)
            if (event.type === "committed") text += (event as CommittedEvent).text
            if (event.type === "cut")
              for (const i of seen.keys()) if (i >= (event as { position: number }).position) seen.delete(i)
          }
          canvas.cells.forEach((cell, i) => assert.equal(seen.get(i) ?? -1, cell))
          assert.equal(text, canvas.text)
        }
        const last = tokens.indexOf(end)
        assert.deepEqual(canvas.tokens, last < 0 ? tokens : tokens.slice(0, last + 1))
        assert.equal(canvas.reason, last < 0 ? "complete" : "endToken")
      },
    ),
  )
})
