import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { dualCache } from "@parade/dual-cache"
import { freedave } from "@parade/freedave"
import { prefixCache } from "@parade/prefix-cache"
import { subBlocks } from "@parade/sub-blocks"
import { denoisingLoop, greedySampler, maskedModel, softmaxSampler } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import { windowRefresh, windowSchedule } from "@parade/window-diffusion"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { events, fillings, finish, finishedOf, parts, request, roundsOf, unmaskers } from "./_testing.ts"

const predicts = fc.constantFrom("self" as const, "next" as const)
const samplers = fc.constantFrom(greedySampler, softmaxSampler())
const schedules = fc.constantFrom(
  wholeCanvas,
  blocks({ length: 4 }),
  blocks({ length: 2, lookAhead: 1 }),
  subBlocks({ length: 4, subLength: 2 }),
  windowSchedule({ active: 3 }),
)
const tokens = [1, 2, 3]

test("the text, and what each round fills, are those of the plainest loop, for every rule and schedule", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...unmaskers),
      schedules,
      samplers,
      predicts,
      fc.nat(1000),
      fc.constantFrom(4, 8),
      async (unmasker, schedule, sampler, shift, seed, length) => {
        const make = () => maskedModel({ vocabularySize: 6, seed, predicts: shift })
        const options = parts({ model: make(), unmasker, schedule, sampler })
        const all = await events(options, request(length, { seed }))
        const plain = await Effect.runPromise(
          denoisingLoop({ model: make(), unmasker, schedule, sampler, prompt: tokens, length, seed }),
        )
        assert.deepEqual(
          fillings(all).map((positions) => [...positions].sort((a, b) => a - b)),
          plain.rounds.map(({ edit }) => [...edit.positions].sort((a, b) => a - b)),
        )
        assert.deepEqual(finishedOf(all).tokens, [...plain.cells])
      },
    ),
    { numRuns: 150 },
  )
})

test("a cache that is refreshed in every step changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(prefixCache({ interval: 1 }), dualCache({ interval: 1 })),
      fc.constantFrom(...unmaskers),
      samplers,
      predicts,
      fc.nat(1000),
      async (refresh, unmasker, sampler, shift, seed) => {
        const model = maskedModel({ vocabularySize: 6, seed, predicts: shift })
        const [cached, plain] = [
          await events(parts({ model, unmasker, sampler, refresh }), request(8, { seed })),
          await events(parts({ model, unmasker, sampler }), request(8, { seed })),
        ]
        assert.deepEqual(fillings(cached), fillings(plain))
        assert.deepEqual(finishedOf(cached).tokens, finishedOf(plain).tokens)
      },
    ),
    { numRuns: 80 },
  )
})

test("rows that do not depend on their context make every cache exact", async () => {
  // The rows of the tiny models store their token alone, so only rows of positions filled since are stale.
  for (const shift of ["self", "next"] as const)
    for (const refresh of [prefixCache(), dualCache()]) {
      const model = maskedModel({ vocabularySize: 6, seed: 3, predicts: shift })
      const cached = await events(parts({ model, refresh }), request(12))
      const plain = await events(parts({ model }), request(12))
      assert.deepEqual(fillings(cached), fillings(plain))
      const sum = (all: typeof plain): number => roundsOf(all).reduce((total, { rows }) => total + rows, 0)
      assert.ok(sum(cached) < sum(plain), `${refresh.name} computes fewer rows`)
    }
})

test("a step over the dual cache costs the block, over the prefix cache the block and what follows", async () => {
  const rows = async (refresh: ReturnType<typeof dualCache>): Promise<readonly number[]> =>
    roundsOf(await events(parts({ refresh }), request(8))).map((round) => round.rows)
  assert.deepEqual(await rows(dualCache()), [11, 4, 4, 4, 11, 4, 4, 4])
  assert.deepEqual(await rows(prefixCache()), [11, 8, 8, 8, 11, 4, 4, 4])
})

test("verified steps give the tokens and the order of static decoding, also sampled and over the same cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(undefined, prefixCache(), dualCache()),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(0.1, 1, 3),
      samplers,
      predicts,
      fc.nat(1000),
      async (refresh, drafts, coupling, sampler, shift, seed) => {
        const model = maskedModel({ vocabularySize: 6, seed, coupling, predicts: shift })
        const change = { model, sampler, ...(refresh === undefined ? {} : { refresh }) }
        const plain = await events(parts(change), request(8, { seed }))
        const verified = await events(
          parts({ ...change, unmasker: freedave({ drafts, by: "confidence" }) }),
          request(8, { seed }),
        )
        const order = fillings(plain).flat()
        let at = 0
        for (const round of fillings(verified)) {
          assert.deepEqual(
            [...round].sort((a, b) => a - b),
            order.slice(at, at + round.length).sort((a, b) => a - b),
          )
          at += round.length
        }
        const finished = [plain, verified].map(finishedOf)
        const { forwards } = finished[1]!.stats
        assert.ok(forwards <= finished[0]!.stats.forwards)
        // Per block of 4: the first forward, and one for every chain.
        assert.ok(forwards >= 2 * (1 + Math.ceil(3 / drafts)))
        if (drafts === 1) assert.equal(forwards, 8)
      },
    ),
    { numRuns: 100 },
  )
})

test("where positions do not depend on each other, a block is verified in two forwards", async () => {
  const model = maskedModel({ vocabularySize: 6, seed: 4, coupling: 0 })
  const { stats } = await finish(
    parts({ model, unmasker: freedave({ drafts: 8, by: "confidence" }), schedule: blocks({ length: 8 }) }),
    request(8),
  )
  assert.deepEqual([stats.forwards, stats.rounds], [2, 1])
  const single = await finish(parts({ unmasker: freedave({ drafts: 8, by: "confidence" }) }), request(1))
  assert.equal(single.stats.forwards, 1)
})

test("candidates of more rows than one forward may have go through several, to the same text", async () => {
  const unmasker = freedave({ drafts: 6, by: "confidence" })
  const model = maskedModel({ vocabularySize: 6, seed: 8, coupling: 0.3 })
  const schedule = wholeCanvas
  for (const refresh of [undefined, dualCache({ interval: 1 })]) {
    const change = { model, unmasker, schedule, ...(refresh === undefined ? {} : { refresh }) }
    const roomy = await finish(parts(change), request(6))
    const tight = await finish(parts({ ...change, maxRows: 20 }), request(6))
    assert.deepEqual(tight.tokens, roomy.tokens)
    assert.ok(tight.stats.forwards > roomy.stats.forwards)
  }
})

test("a threshold above 1 fills one position per forward, a threshold of 0 a block in one", async () => {
  const model = maskedModel({ vocabularySize: 6, seed: 9 })
  const slow = await events(parts({ model, unmasker: threshold({ threshold: 1.1 }) }), request(8))
  const plain = await events(parts({ model }), request(8))
  assert.deepEqual(fillings(slow), fillings(plain))
  const fast = await finish(parts({ model, unmasker: threshold({ threshold: 0 }) }), request(8))
  assert.equal(fast.stats.forwards, 2)
})

test("a window as wide as the canvas that is refreshed in every step is plain decoding without blocks", async () => {
  for (const shift of ["self", "next"] as const) {
    const model = maskedModel({ vocabularySize: 6, seed: 10, predicts: shift })
    const refresh = windowRefresh({ window: 8, cycle: 1 })
    const window = await events(
      parts({ model, refresh, schedule: windowSchedule({ active: 8 }) }),
      request(8),
    )
    const plain = await events(parts({ model, schedule: wholeCanvas }), request(8))
    assert.deepEqual(fillings(window), fillings(plain))
  }
})

test("a window computes what is active and filled since the refresh, and nothing behind it", async () => {
  const [window, active, cycle] = [4, 2, 3]
  const all = await events(
    parts({ refresh: windowRefresh({ window, cycle }), schedule: windowSchedule({ active }) }),
    request(12),
  )
  const rounds = roundsOf(all)
  let filled = 0
  for (const [i, { rows }] of rounds.entries()) {
    const sinceRefresh = i % cycle
    if (sinceRefresh === 0) assert.equal(rows, 3 + filled + Math.min(window, 12 - filled))
    else assert.ok(rows <= active + sinceRefresh)
    filled++
  }
  assert.equal(rounds.length, 12)
})

test("the same seed gives the same text, another seed another", async () => {
  const text = async (seed: number): Promise<readonly number[]> =>
    (
      await finish(
        parts({ sampler: softmaxSampler(), model: maskedModel({ vocabularySize: 20, seed: 1 }) }),
        request(12, { seed }),
      )
    ).tokens
  assert.deepEqual(await text(5), await text(5))
  assert.notDeepEqual(await text(5), await text(6))
})
