import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import {
  collectText,
  type CommittedEvent,
  type CutEvent,
  type Event,
  type Model,
  type RoundEvent,
} from "@parade/core"
import type { Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { fixedCount } from "@parade/fixed-count"
import { fullRefresh } from "@parade/full-refresh"
import { maskedDiffusion, type MaskedDiffusionOptions } from "@parade/masked-diffusion"
import {
  canvasView,
  confidenceRows,
  denoisingLoop,
  greedySampler,
  maskedModel,
  openUnmasker,
} from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Stream from "effect/Stream"
import { constantFilter, contextWeights, thresholdWeights } from "./_testing.ts"
import { blockConfidences, filterOf, learn2pd, type Learn2pdOptions, parameterCount } from "./mod.ts"

const oneByOne = fixedCount({ by: "confidence" })

const unmasker = (options: Partial<Learn2pdOptions>): Unmasker =>
  learn2pd({
    filter: constantFilter(4, -Infinity),
    threshold: 0.96,
    rule: oneByOne,
    endOfText: "off",
    endConfidence: 0,
    ...options,
  })

/** What is filled in each round of a canvas of 8 in blocks of 4. */
const fillings = async (rule: Unmasker, seed: number): Promise<readonly (readonly number[])[]> => {
  const model = maskedModel({ vocabularySize: 6, seed, spread: 4 })
  const schedule = blocks({ length: 4 })
  const loop = { model, unmasker: rule, schedule, sampler: greedySampler, prompt: [1, 2], length: 8, seed }
  const { rounds } = await Effect.runPromise(denoisingLoop(loop))
  return rounds.map(({ edit }) => [...edit.positions].sort((a, b) => a - b))
}

const seeds = [1, 2, 3, 4, 5]

test("A filter that takes nothing for final leaves the scheduled sampler as it is, of any number of steps.", async () => {
  for (const rule of [oneByOne, fixedCount({ steps: 2, by: "confidence" })])
    for (const seed of seeds)
      assert.deepEqual(await fillings(unmasker({ rule }), seed), await fillings(rule, seed))
})

test("A filter that takes everything for final fills a block in one forward.", async () => {
  for (const seed of seeds)
    assert.deepEqual(await fillings(unmasker({ filter: constantFilter(4, Infinity) }), seed), [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ])
})

test("A filter set by hand is the threshold rule of θ + logit(τ) / s.", async () => {
  const [scale, centre] = [12, 0.3]
  for (const tau of [0.5, 0.8, 0.96]) {
    const filter = filterOf(thresholdWeights(4, scale, centre))
    const same = threshold({ threshold: centre + Math.log(tau / (1 - tau)) / scale })
    for (const seed of seeds)
      assert.deepEqual(await fillings(unmasker({ filter, threshold: tau }), seed), await fillings(same, seed))
  }
})

test("Every forward fills what is scheduled and more only where the filter says so; no more forwards than positions.", async () => {
  const filter = filterOf(contextWeights(4, 8, 0.8))
  let more = 0
  for (const seed of seeds) {
    const rounds = await fillings(unmasker({ filter, threshold: 0.5 }), seed)
    assert.ok(rounds.length <= 8 && rounds.every((positions) => positions.length >= 1))
    more += rounds.filter((positions) => positions.length > 1).length
  }
  assert.ok(more > 0)
})

test("A filter has 2 (B² + B) numbers.", () => {
  for (const block of [1, 16, 32]) {
    const { first, second } = thresholdWeights(block, 1, 0)
    const count = [first, second].reduce((sum, { matrix, bias }) => sum + matrix.length + bias.length, 0)
    assert.equal(parameterCount(block), count)
  }
  assert.equal(parameterCount(32), 2112)
})

test("The filter sees what is predicted now, of filled positions too, and 1 where a cut took a position away.", () => {
  const view = canvasView(confidenceRows([0.3, 0.6, 0.9]), { filled: 1 })
  view.state.cells[1] = 4
  const close = (actual: Float64Array, expected: readonly number[]): void =>
    expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) < 1e-12))
  close(blockConfidences(view, 3), [0.3, 0.6, 0.9])
  close(blockConfidences(view, 5), [0.3, 0.6, 0.9, 1, 1])
})

test("A block that is longer than those the filter was trained on is refused by code.", () => {
  const view = canvasView(confidenceRows([0.5, 0.5, 0.5, 0.5, 0.5]))
  assert.throws(() => openUnmasker(unmasker({}), view), { code: "learn2pd.block-too-long" })
})

test("What the filter adds is counted, round by round.", () => {
  const view = canvasView(confidenceRows([0.5, 0.6, 0.7]))
  const unmasking = openUnmasker(unmasker({ filter: constantFilter(4, Infinity) }), view)
  unmasking.propose(view)
  assert.deepEqual(unmasking.counters!(), { filtered: 2 })
  assert.deepEqual(unmasking.counters!(), { filtered: 0 })
})

/** Token 0 ends a text; each row gives the probabilities of ends and of one other token. */
const ends = (shares: readonly number[]): readonly (readonly number[])[] =>
  shares.map((share) => [share, 1 - share])

const proposed = (
  shares: readonly number[],
  options: Partial<Learn2pdOptions>,
  groups?: readonly (readonly number[])[],
) => {
  const view = canvasView(ends(shares), {
    endTokens: [0],
    ...(groups === undefined ? {} : { groups }),
  })
  return openUnmasker(unmasker({ filter: constantFilter(8, -Infinity), ...options }), view).propose(view)[0]
}

test("A canvas is cut behind the first end that is filled, wherever ends are predicted.", () => {
  const all = constantFilter(8, Infinity)
  for (const endOfText of ["canvas", "block"] as const) {
    assert.equal(proposed([0.1, 0.4, 0.8, 0.9, 0.7], { filter: all, endOfText }).cut, 3)
    assert.equal(proposed([0.1, 0.4, 0.2], { filter: all, endOfText }).cut, undefined)
  }
  assert.equal(proposed([0.1, 0.4, 0.8, 0.9, 0.7], { filter: all }).cut, undefined)
})

test("Where no end is filled it is cut behind the most confident end that is predicted, and that stays masked.", () => {
  const shares = [0.02, 0.3, 0.7, 0.8, 0.6]
  const edit = proposed(shares, { endOfText: "canvas" })
  assert.deepEqual([edit.positions, edit.cut], [[0], 4])
  assert.equal(proposed(shares, { endOfText: "canvas", endConfidence: 0.81 }).cut, undefined)
  assert.equal(proposed([0.02, 0.3, 0.4], { endOfText: "canvas" }).cut, undefined)
})

test("Ends that are predicted behind the block count on the whole canvas alone.", () => {
  const shares = [0.02, 0.3, 0.2, 0.9, 0.6]
  const groups = [[0, 1, 2]]
  assert.equal(proposed(shares, { endOfText: "canvas" }, groups).cut, 4)
  assert.equal(proposed(shares, { endOfText: "block" }, groups).cut, undefined)
})

const decoderParts = (change: Partial<MaskedDiffusionOptions> & { readonly model: Model }) => ({
  sampler: greedySampler,
  schedule: blocks({ length: 4 }),
  refresh: fullRefresh,
  cache: contiguous(),
  unmasker: unmasker({ endOfText: "canvas", filter: filterOf(thresholdWeights(4, 8, 0.4)) }),
  ...change,
})

const request = (seed: number) =>
  ({ prompt: [{ tokens: [1, 2] }], target: { kind: "canvas", length: 12 }, seed }) as const

const events = (options: MaskedDiffusionOptions, seed: number): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(maskedDiffusion(options).decode(request(seed))))

test("Of a text with ends nothing stays masked or behind its end; canvases only shorten, and what lies before a cut stands.", async () => {
  let cuts = 0
  for (const seed of [...seeds, 6, 7, 8, 9]) {
    const model = maskedModel({ vocabularySize: 8, seed, spread: 3, endTokens: [0] })
    const cells = new Map<number, number>()
    let length = 12
    for (const event of await events(decoderParts({ model }), seed)) {
      if (event.type === "committed") {
        const { position, tokens } = event as CommittedEvent
        tokens.forEach((token, i) => {
          assert.ok(!cells.has(position + i) && position + i < length)
          cells.set(position + i, token)
        })
      } else if (event.type === "cut") {
        const to = (event as CutEvent).position
        assert.ok(to <= length)
        cuts += Number(to < length)
        length = to
        for (const position of cells.keys()) if (position >= to) cells.delete(position)
      } else if (event.type === "finished") {
        const { tokens } = event as unknown as { readonly tokens: readonly number[] }
        assert.deepEqual(
          tokens,
          Array.from({ length: tokens.length }, (_, i) => cells.get(i)),
        )
        assert.ok(!tokens.slice(0, -1).includes(0) && tokens.every((token) => token >= 0))
      }
    }
  }
  assert.ok(cuts > 0, "no text was cut")
})

test("With a model that never predicts an end, looking for one changes nothing.", async () => {
  for (const seed of seeds) {
    const model = maskedModel({ vocabularySize: 8, seed, spread: 3 })
    const filter = filterOf(thresholdWeights(4, 8, 0.4))
    const [on, off] = await Promise.all(
      (["canvas", "off"] as const).map((endOfText) =>
        events(decoderParts({ model, unmasker: unmasker({ filter, endOfText }) }), seed),
      ),
    )
    const committed = (all: readonly Event[]) => all.filter(({ type }) => type === "committed")
    assert.deepEqual(committed(on!), committed(off!))
  }
})

test("A cut canvas with a cache that is refreshed in every step is decoded as without a cache.", async () => {
  for (const seed of [...seeds, 6, 7]) {
    const model = maskedModel({ vocabularySize: 8, seed, spread: 3, endTokens: [0] })
    const finish = (refresh: MaskedDiffusionOptions["refresh"]) =>
      Effect.runPromise(collectText(maskedDiffusion(decoderParts({ model, refresh })).decode(request(seed))))
    const [cached, plain] = await Promise.all([finish(dualCache({ interval: 1 })), finish(fullRefresh)])
    assert.deepEqual(cached.tokens, plain.tokens)
    assert.equal(cached.stats.forwards, plain.stats.forwards)
  }
})

test("Cuts save rows of the forwards that follow.", async () => {
  const model = maskedModel({ vocabularySize: 8, seed: 3, spread: 3, endTokens: [0] })
  const rounds = (await events(decoderParts({ model }), 3)).filter(
    (event): event is RoundEvent => event.type === "round",
  )
  rounds.slice(1).forEach(({ rows }, i) => assert.ok(rows <= rounds[i]!.rows))
})

test("σ(z) > τ for every z, without rounding where σ is nearly 1.", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -40, max: 40, noNaN: true }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      (z, tau) => {
        const view = canvasView(confidenceRows([0.9, 0.5]))
        const options = { filter: constantFilter(2, z), threshold: tau }
        const { positions } = openUnmasker(unmasker(options), view).propose(view)[0]
        const sigmoid = 1 / (1 + Math.exp(-z))
        if (Math.abs(sigmoid - tau) > 1e-9) assert.equal(positions.length, sigmoid > tau ? 2 : 1)
      },
    ),
  )
})
