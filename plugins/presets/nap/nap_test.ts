import assert from "node:assert/strict"
import { test } from "node:test"
import { budget, plugin as budgetPlugin } from "@parade/budget"
import { contiguous, plugin as contiguousPlugin } from "@parade/contiguous"
import {
  collectText,
  composeAs,
  type Decoder,
  DecoderKind,
  type Event,
  registryOf,
  type Request,
} from "@parade/core"
import type { Schedule, Unmasker } from "@parade/denoising"
import { fixedCount } from "@parade/fixed-count"
import { fullRefresh, plugin as fullRefreshPlugin } from "@parade/full-refresh"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { autoregressiveness, filledByRound } from "@parade/parallelbench"
import { plugin as samplerPlugin } from "@parade/standard-sampler"
import { greedySampler, maskedModel, modelPlugin } from "@parade/test"
import { plugin as tracesPlugin, traces } from "@parade/traces"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { plugin, traceCanvas, traceDecoder, type TraceLayout } from "./mod.ts"

const model = maskedModel({ vocabularySize: 14, seed: 6, spread: 4 })
const letters = model.tokenizer!.decode([1, 2, 3])
const layout: TraceLayout = {
  traces: 3,
  traceLength: 4,
  summaryLength: 3,
  open: letters[0]!,
  close: letters[1]!,
  summary: letters[2]!,
}

const decoderOf = (
  unmasker: Unmasker,
  change: Partial<TraceLayout> = {},
  schedule: Schedule = traces({ answer: "after" }),
): Decoder =>
  traceDecoder(
    maskedDiffusion({
      model,
      sampler: greedySampler,
      schedule,
      refresh: fullRefresh,
      unmasker,
      cache: contiguous(),
    }),
    { ...layout, ...change },
  )

const request: Request = {
  prompt: [{ tokens: [4, 5] }],
  target: { kind: "continuation", maxTokens: 8 },
  seed: 1,
}

const run = async (decoder: Decoder): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(decoder.decode(request)))

/** Positions filled in each round, and the span that each position is in. */
const filled = async (decoder: Decoder, own: TraceLayout) => {
  const rounds = filledByRound(await run(decoder))
  const { spans } = traceCanvas(own, model.tokenizer!.encode)
  const spanOf = (position: number): string =>
    Object.entries(spans!).find(([, { start, end }]) => position >= start && position < end)![0]
  return { rounds, spans: rounds.map((positions) => positions.map(spanOf)) }
}

test("Tags stand between masked traces from the start, and behind the summary nothing does.", () => {
  const canvas = traceCanvas(layout, model.tokenizer!.encode)
  assert.equal(canvas.length, 3 * (1 + 4 + 1) + 1 + 3)
  assert.deepEqual(canvas.spans, {
    "trace 1": { start: 1, end: 5 },
    "trace 2": { start: 7, end: 11 },
    "trace 3": { start: 13, end: 17 },
    summary: { start: 19, end: 22 },
  })
  assert.deepEqual(
    canvas.fixed!.map(({ at, tokens }) => [at, ...Array.from(tokens)]),
    [
      [0, 1],
      [5, 2],
      [6, 1],
      [11, 2],
      [12, 1],
      [17, 2],
      [18, 3],
    ],
  )
  assert.equal(canvas.answer, "summary")
})

test("Every position is filled once, each trace at the same pace, the summary last; the forwards are as many as the budget says.", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 30 }),
      async (count, traceLength, summaryLength, tokens) => {
        const own = { ...layout, traces: count, traceLength, summaryLength }
        const { rounds, spans } = await filled(decoderOf(budget({ tokens, by: "confidence" }), own), own)
        const all = rounds.flat()
        assert.equal(new Set(all).size, all.length)
        assert.equal(all.length, count * traceLength + summaryLength)
        const reasoning = Math.ceil((count * traceLength) / tokens)
        assert.equal(rounds.length, reasoning + Math.ceil(summaryLength / tokens))
        assert.ok(
          spans
            .slice(0, reasoning)
            .flat()
            .every((name) => name !== "summary"),
        )
        assert.ok(
          spans
            .slice(reasoning)
            .flat()
            .every((name) => name === "summary"),
        )
        const left = new Map(Array.from({ length: count }, (_, i) => [`trace ${i + 1}`, traceLength]))
        for (const names of spans.slice(0, reasoning)) {
          const even = [...left.values()].every((masked) => masked >= Math.ceil(tokens / count))
          for (const name of left.keys()) {
            const own = names.filter((other) => other === name).length
            if (even) assert.ok(own === Math.floor(tokens / count) || own === Math.ceil(tokens / count))
            left.set(name, left.get(name)! - own)
          }
        }
      },
    ),
    { numRuns: 25 },
  )
})

test("With one position a step every unfinished trace gets one in as many steps as there are.", async () => {
  const { spans } = await filled(decoderOf(budget({ tokens: 1, by: "confidence" })), layout)
  for (let from = 0; from + 3 <= 12; from++)
    assert.deepEqual(
      spans
        .slice(from, from + 3)
        .flat()
        .sort(),
      ["trace 1", "trace 2", "trace 3"],
    )
})

test("With one trace the forced order is the free one of the trace, then that of the summary.", async () => {
  const own = { ...layout, traces: 1, traceLength: 6 }
  const forced = await filled(decoderOf(budget({ tokens: 2, by: "confidence" }), own), own)
  // Three steps of two for the trace; the summary of three then takes two steps, as two and one.
  const free = await filled(decoderOf(fixedCount({ steps: 3, by: "confidence" }), own), own)
  assert.deepEqual(forced.rounds.slice(0, 3), free.rounds.slice(0, 3))
  assert.equal(forced.rounds.length, 5)
})

test("Only the summary is the output, and a request with a canvas of its own is left as it is.", async () => {
  const decoder = decoderOf(budget({ tokens: 3, by: "confidence" }))
  const finished = await Effect.runPromise(collectText(decoder.decode(request)))
  assert.equal(finished.tokens.length, 3)
  assert.equal(finished.stats.tokens, 15)
  const plain = await Effect.runPromise(
    collectText(decoder.decode({ ...request, target: { kind: "canvas", length: 5 } })),
  )
  assert.equal(plain.tokens.length, 5)
})

test("From the left it is wholly autoregressive, with traces side by side it is not.", async () => {
  const left = decoderOf(budget({ tokens: 1, by: "position" }), {}, wholeCanvas)
  assert.equal(autoregressiveness(filledByRound(await run(left))), 1)
  const forced = decoderOf(budget({ tokens: 1, by: "position" }))
  assert.ok(autoregressiveness(filledByRound(await run(forced))) < 0.7)
})

test("The pipeline composes it with traces and a budget of one position a trace.", async () => {
  const registry = registryOf([
    budgetPlugin,
    contiguousPlugin,
    fullRefreshPlugin,
    modelPlugin(model),
    plugin,
    samplerPlugin,
    tracesPlugin,
  ])
  const { traces: count, traceLength, summaryLength, open, close, summary } = layout
  const program = Effect.gen(function* () {
    const config = { traces: count, traceLength, summaryLength, open, close, summary }
    const decoder = yield* composeAs(DecoderKind, { use: "@parade/nap", with: config }, { registry })
    return yield* collectText(decoder.decode(request))
  })
  const { tokens, stats } = await Effect.runPromise(Effect.scoped(program))
  assert.equal(tokens.length, 3)
  assert.equal(stats.forwards, 5)
})
