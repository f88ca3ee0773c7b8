import assert from "node:assert/strict"
import { test } from "node:test"
import { digitSumsTask } from "@parade/digit-sums"
import { noiseDraws } from "@parade/model-adaptation"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { traceCanvas, type TraceLayout } from "./mod.ts"
import { maskedTraces, maskRates, tracePassage } from "./recipe-mod.ts"

const mask = 99
const layout: TraceLayout = {
  traces: 3,
  traceLength: 9,
  summaryLength: 2,
  open: "<",
  close: "",
  summary: "=",
}
const encode = (text: string): Int32Array =>
  Int32Array.from(text, (letter) => 3 + "0123456789<=mod:".indexOf(letter))
const canvas = traceCanvas(layout, encode)
const task = Effect.runSync(digitSumsTask({ minDigits: 4, maxDigits: 4, base: 10, order: "drawn" }))
const passage = (index: number, wrong = 0, joined?: number) =>
  tracePassage(task.example("train", index, 1), { canvas, encode, wrong, joined })
const example = passage(0)
const { parts } = example

test("An exercise stands on its canvas: tags, each derivation filled up with ends of text, and the right answer.", () => {
  const { answer, derivations } = task.example("train", 0, 1)
  const [first, second, third] = derivations!(3, 0)
  const text = `<${first}.<${second}.<${third}.=${answer}.`
  assert.deepEqual(
    example.canvas,
    Array.from(text, (letter) => (letter === "." ? 0 : encode(letter)[0]!)),
  )
  assert.deepEqual(
    parts.flatMap((part, i) => (part === "tag" ? [i] : [])),
    [0, 10, 20, 30],
  )
  assert.equal(parts.filter((part) => part === "summary").length, 2)
})

test("Derivations may be wrong, answers are not; joined they stand in one trace, each going on from the one before.", () => {
  for (let index = 0; index < 20; index++) {
    const { canvas: cells } = passage(index, 1)
    const { answer } = task.example("train", index, 1)
    assert.equal(cells[31], encode(answer)[0])
    assert.notEqual(cells[8], cells[31])
  }
  const one = { ...layout, traces: 1, traceLength: 24 }
  const joined = tracePassage(task.example("train", 0, 1), {
    canvas: traceCanvas(one, encode),
    encode,
    wrong: 0,
    joined: 3,
  })
  const text = task.example("train", 0, 1).derivations!(3, 0, true).join("")
  assert.deepEqual(joined.canvas.slice(1, 25), Array.from(encode(text)))
})

test("Prompts and tags are never masked and count nothing; what is masked is what counts.", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.boolean(), fc.constantFrom(0, 1), (place, structured, weighting) => {
      const { tokens, targets, weights, positions } = maskedTraces([example, passage(1)], {
        length: 100,
        mask,
        structured,
        weighting,
        shift: 0,
        draw: noiseDraws(1, place),
      })
      const [own] = weights
      const { prompt, canvas: cells } = example
      ;[...prompt, ...cells].forEach((token, i) => {
        const isFixed = i < prompt.length || parts[i - prompt.length] === "tag"
        if (isFixed) assert.equal(tokens[i], token)
        assert.equal(own![i]! > 0, tokens[i] === mask)
        if (tokens[i] === mask) assert.equal(targets[i], token)
      })
      assert.equal(positions[prompt.length + cells.length], 0)
    }),
  )
})

test("Structured, the summary is masked wholly until four fifths of the text stand, then more to its end than at its beginning.", () => {
  const summary = (t: number) => maskRates(parts, t, true).filter((_, i) => parts[i] === "summary")
  for (const t of [0.21, 0.5, 1]) assert.deepEqual(summary(t), [1, 1])
  assert.deepEqual(summary(0.125), [0.1125, 0.225])
  const traces = maskRates(parts, 0.5, true).filter((_, i) => parts[i] === "trace")
  assert.ok(traces.every((rate) => rate === 0.45))
  assert.ok(maskRates(parts, 0.5, false).every((rate, i) => rate === (parts[i] === "tag" ? 0 : 0.5)))
})

test("Where a masked row predicts the position behind it, what counts stands one row before.", () => {
  const at = (shift: 0 | 1) =>
    maskedTraces([example], {
      length: 50,
      mask,
      structured: true,
      weighting: 0,
      shift,
      draw: noiseDraws(1, 3),
    })
  const [own, shifted] = [at(0), at(1)]
  assert.deepEqual(shifted.tokens, own.tokens)
  assert.deepEqual(shifted.weights[0]!.slice(0, -1), own.weights[0]!.slice(1))
  assert.deepEqual(shifted.targets.slice(0, -1), own.targets.slice(1))
})

test("No trace of a canvas is like another in what it holds more than chance has it: their order does not matter.", () => {
  const counts = [0, 1, 2].map(() => 0)
  for (let index = 0; index < 300; index++) {
    const { canvas: cells } = passage(index)
    ;[1, 11, 21].forEach((start, trace) => (counts[trace]! += cells[start]! - 3))
  }
  for (const count of counts) assert.ok(Math.abs(count / 300 - 4.5) < 0.6, counts.join())
})

test("What does not fit and what has no derivations is told by code.", () => {
  const short = traceCanvas({ ...layout, traceLength: 7 }, encode)
  const options = { canvas: short, encode, wrong: 0, joined: undefined }
  const one = task.example("train", 0, 1)
  assert.throws(() => tracePassage(one, options), { code: "recipe.too-long" })
  const { derivations: _, ...plain } = one
  assert.throws(() => tracePassage(plain, { ...options, canvas }), { code: "recipe.no-derivations" })
})
