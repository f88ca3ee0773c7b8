/** What rules and caches become at the ends of their settings, over whole canvases. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import type { Edit, Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { exploreThenExploit, type ExploreThenExploitOptions, leastRounds } from "@parade/explore-then-exploit"
import { factor } from "@parade/factor"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { prefixCache } from "@parade/prefix-cache"
import { standardSampler } from "@parade/standard-sampler"
import { greedySampler, maskedModel, oracleModel, softmaxSampler } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import { windowRefresh, windowSchedule } from "@parade/window-diffusion"
import * as fc from "fast-check"
import { events, fillings, finish, finishedOf, parts, request, roundsOf } from "./_testing.ts"

const seeds = fc.nat(1000)
const model = (seed: number, change: object = {}) => maskedModel({ vocabularySize: 6, seed, ...change })

const explore = (change: Partial<ExploreThenExploitOptions>) =>
  exploreThenExploit({
    threshold: 0.4,
    aheadThreshold: 0.5,
    trigger: "stall",
    stall: 1,
    select: "entropy",
    branches: 3,
    weight: 0.2,
    ...change,
  })

test("A factor towards 0 is one position per step, the most confident, and a block as long as the canvas is the canvas.", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const plain = await events(parts({ model: model(seed) }), request(8))
      const slow = await events(parts({ model: model(seed), unmasker: factor({ factor: 0 }) }), request(8))
      assert.deepEqual(fillings(slow), fillings(plain))
      const [block, canvas] = [
        await events(parts({ model: model(seed), schedule: blocks({ length: 8 }) }), request(8)),
        await events(parts({ model: model(seed), schedule: wholeCanvas }), request(8)),
      ]
      assert.deepEqual(fillings(block), fillings(canvas))
      assert.deepEqual(finishedOf(block).tokens, finishedOf(canvas).tokens)
    }),
    { numRuns: 25 },
  )
})

test("In a fixed number of steps there are as many forwards, and every position is filled once, with no mask.", async () => {
  for (const steps of [1, 3, 4]) {
    const all = await events(parts({ unmasker: fixedCount({ steps, by: "confidence" }) }), request(12))
    assert.equal(finishedOf(all).stats.forwards, 3 * steps)
    assert.deepEqual(
      fillings(all)
        .flat()
        .sort((a, b) => a - b),
      Array.from({ length: 12 }, (_, i) => i),
    )
    assert.ok(finishedOf(all).tokens.every((token) => token < 6))
  }
})

test("A temperature towards 0 draws the likeliest token.", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const text = async (temperature: number) =>
        (
          await finish(
            parts({ model: model(seed), sampler: standardSampler({ temperature }) }),
            request(8, { seed }),
          )
        ).tokens
      assert.deepEqual(await text(1e-6), await text(0))
    }),
    { numRuns: 25 },
  )
})

test("Behind the last block nothing is stale: there both caches are one.", async () => {
  for (const seed of [1, 2, 3]) {
    const run = (refresh: ReturnType<typeof dualCache>) =>
      events(parts({ model: model(seed), refresh, schedule: wholeCanvas }), request(8))
    const [prefix, dual] = [await run(prefixCache()), await run(dualCache())]
    assert.deepEqual(fillings(dual), fillings(prefix))
    assert.deepEqual(
      roundsOf(dual).map(({ rows }) => rows),
      roundsOf(prefix).map(({ rows }) => rows),
    )
  }
})

test("FreeDave with a threshold that nothing reaches is FreeDave without one.", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.integer({ min: 1, max: 6 }), async (seed, drafts) => {
      const run = (threshold?: number) =>
        events(
          parts({
            model: model(seed, { coupling: 0.3 }),
            unmasker: freedave({
              drafts,
              by: "confidence",
              ...(threshold === undefined ? {} : { threshold }),
            }),
          }),
          request(8),
        )
      const [plain, over] = [await run(), await run(1.1)]
      assert.deepEqual(fillings(over), fillings(plain))
      assert.deepEqual(finishedOf(over).stats.forwards, finishedOf(plain).stats.forwards)
    }),
    { numRuns: 30 },
  )
})

test("Where everything depends on everything, FreeDave takes as many forwards as static decoding, and no more.", async () => {
  const forwards: number[] = []
  for (let seed = 0; seed < 20; seed++) {
    const hostile = model(seed, { coupling: 30 })
    const { stats } = await finish(
      parts({ model: hostile, unmasker: freedave({ drafts: 4, by: "confidence" }), schedule: wholeCanvas }),
      request(8),
    )
    forwards.push(stats.forwards)
  }
  assert.equal(Math.max(...forwards), 8)
})

test("With no weight on what becomes sure, any number of branches takes the way of one; one takes no further rows.", async () => {
  let explored = false
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const run = (change: Partial<ExploreThenExploitOptions>) =>
        events(parts({ model: model(seed), unmasker: explore(change) }), request(8))
      const [one, three] = [await run({ branches: 1 }), await run({ weight: 0 })]
      assert.deepEqual(fillings(three), fillings(one))
      assert.deepEqual(finishedOf(three).tokens, finishedOf(one).tokens)
      assert.ok(roundsOf(one).every(({ rows }) => rows === 11))
      explored ||= roundsOf(three).some(({ rows }) => rows > 11)
    }),
    { numRuns: 25 },
  )
  assert.ok(explored)
})

test("Explore-Then-Exploit fills nothing beyond the block and those ahead that it looks at.", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const all = await events(
      parts({
        model: model(seed),
        unmasker: explore({ aheadThreshold: 0.3 }),
        schedule: blocks({ length: 3, lookAhead: 1 }),
      }),
      request(12),
    )
    const open = new Set(Array.from({ length: 12 }, (_, i) => i))
    for (const round of fillings(all)) {
      const first = Math.min(...open)
      for (const position of round) {
        assert.ok(position < 3 * (Math.floor(first / 3) + 2), `${position} is filled before ${first}`)
        open.delete(position)
      }
    }
  }
})

test("No decoder that keeps to the factor rule takes fewer rounds than the nats of its text demand.", async () => {
  // A chain that is nearly sure of each next token: several positions pass, and each round still holds less than f nats.
  const stay = (p: number): number[][] => [
    [p, 1 - p],
    [1 - p, p],
  ]
  let bound = 0
  for (const p of [0.9, 0.97, 0.995, 0.999])
    for (const f of [0.3, 0.6, 1]) {
      const transitions = stay(p)
      const length = 12
      const all = await events(
        parts({ model: oracleModel(transitions), unmasker: factor({ factor: f }), schedule: wholeCanvas }),
        request(length, { prompt: [{ tokens: [0] }] }),
      )
      const text = [0, ...finishedOf(all).tokens]
      const nats = text.slice(1).reduce((sum, token, i) => sum - Math.log(transitions[text[i]!]![token]!), 0)
      // What the marginals say of each token, given what was there before its round.
      const filled = new Map([[-1, 0]])
      let [marginal, holds] = [0, true]
      const rounds = fillings(all)
      for (const round of rounds) {
        const seen = new Map(filled)
        for (const position of round) {
          const probability = marginalOf(transitions, seen, position, text[position + 1]!)
          marginal -= Math.log(probability)
          holds &&= (1 + round.length) * (1 - probability) <= f + 1e-9
          filled.set(position, text[position + 1]!)
        }
      }
      // A token filled for want of a better one breaks the assumption, and so is counted apart.
      if (!holds) continue
      const largest = Math.max(...rounds.map(({ length: size }) => size))
      const least = leastRounds({ nats, factor: f, largest, gap: nats - marginal })
      assert.ok(rounds.length >= least - 1e-9, `${rounds.length} rounds where at least ${least} are needed`)
      bound++
    }
  assert.ok(bound >= 6, `the assumption held ${bound} times`)
})

const times = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)))

const powerOf = (transitions: readonly (readonly number[])[], exponent: number): number[][] =>
  Array.from({ length: exponent }).reduce<number[][]>(
    (product) => times(product, transitions),
    transitions.map((_, i) => transitions.map((__, j) => Number(i === j))),
  )

/** `p(token at a position | the nearest tokens around it)` of a chain. */
const marginalOf = (
  transitions: readonly (readonly number[])[],
  seen: ReadonlyMap<number, number>,
  position: number,
  token: number,
): number => {
  const before = Math.max(...[...seen.keys()].filter((at) => at < position))
  const after = Math.min(...[...seen.keys()].filter((at) => at > position))
  const weights = transitions.map((_, x) => {
    const left = powerOf(transitions, position - before)[seen.get(before)!]![x]!
    return after === Infinity ? left : left * powerOf(transitions, after - position)[x]![seen.get(after)!]!
  })
  return weights[token]! / weights.reduce((sum, weight) => sum + weight, 0)
}

test("A window is refreshed as often as its cycle says, fills among its first masks between, and nothing behind it.", async () => {
  const [window, active, cycle, length] = [6, 3, 4, 13]
  for (const sampler of [greedySampler, softmaxSampler()])
    for (let seed = 0; seed < 10; seed++) {
      const all = await events(
        parts({
          model: model(seed),
          sampler,
          refresh: windowRefresh({ window, cycle }),
          schedule: windowSchedule({ active }),
        }),
        request(length, { seed }),
      )
      const masked = new Set(Array.from({ length }, (_, i) => i))
      const rounds = roundsOf(all)
      assert.equal(rounds.length, length)
      const refreshed = rounds.filter(({ rows }, i) => rows === 3 + i + Math.min(window, length - i))
      assert.ok(refreshed.length >= Math.ceil(length / cycle))
      for (const round of fillings(all))
        for (const position of round) {
          const rank = [...masked].filter((other) => other < position).length
          assert.ok(rank < active, `a position of rank ${rank} is filled`)
          masked.delete(position)
        }
    }
})

test("A window as wide as the canvas, refreshed once, is exact where rows store nothing of their context.", async () => {
  for (const seed of [1, 2, 3]) {
    const plain = await events(parts({ model: model(seed), schedule: wholeCanvas }), request(8))
    const window = await events(
      parts({
        model: model(seed),
        refresh: windowRefresh({ window: 8, cycle: 8 }),
        schedule: windowSchedule({ active: 8 }),
      }),
      request(8),
    )
    assert.deepEqual(fillings(window), fillings(plain))
    const [first, ...rest] = roundsOf(window)
    assert.equal(first!.rows, 11)
    for (const { rows } of rest) assert.ok(rows < 11)
  }
})

test("Without exploration and blocks ahead it is the threshold rule, canvas for canvas.", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const run = (unmasker: ReturnType<typeof explore>) =>
      events(parts({ model: model(seed), unmasker }), request(8))
    const [never, plain] = [
      await run(explore({ trigger: "never" })),
      await run(threshold({ threshold: 0.4 })),
    ]
    assert.deepEqual(fillings(never), fillings(plain))
  }
})

test("In whatever order FreeDave's guesses go through a forward, the canvases are the same.", async () => {
  let permuted = 0
  const shuffled = (inner: Unmasker, order: (count: number) => readonly number[]): Unmasker => ({
    ...inner,
    open: (context) => {
      const unmasking = inner.open(context)
      let places: readonly number[] = []
      let proposed: readonly Edit[] = []
      return {
        ...unmasking,
        propose: (view) => {
          proposed = unmasking.propose(view)
          places = order(proposed.length)
          if (places.some((place, i) => place !== i)) permuted++
          return places.map((place) => proposed[place]!) as unknown as [Edit, ...Edit[]]
        },
        settle: (_, views) => {
          const winner = unmasking.settle!(
            proposed,
            proposed.map((__, i) => views[places.indexOf(i)]!),
          )
          return places.indexOf(winner)
        },
      }
    },
  })
  const backwards = (count: number) => Array.from({ length: count }, (_, i) => count - 1 - i)
  const rotated = (count: number) => Array.from({ length: count }, (_, i) => (i + 1) % count)
  for (const threshold of [undefined, 0.4])
    for (const sampler of [greedySampler, softmaxSampler()])
      for (let seed = 0; seed < 12; seed++) {
        const rule = freedave({ drafts: 4, by: "confidence", threshold })
        const run = (unmasker: Unmasker) =>
          events(parts({ model: model(seed), unmasker, sampler }), request(8, { seed }))
        const plain = await run(rule)
        for (const order of [backwards, rotated]) {
          const other = await run(shuffled(rule, order))
          assert.deepEqual(fillings(other), fillings(plain))
          assert.deepEqual(finishedOf(other).tokens, finishedOf(plain).tokens)
          assert.equal(finishedOf(other).stats.forwards, finishedOf(plain).stats.forwards)
        }
      }
  assert.ok(permuted > 100)
})

test("FreeDave takes one forward a position at most, one more than a d-th of a block at least, and no more canvases than d a round.", async () => {
  const [block, canvas, context] = [4, 12, 3]
  for (const drafts of [1, 2, 3, 6])
    for (let seed = 0; seed < 12; seed++) {
      const rule = freedave({ drafts, by: "confidence" })
      const all = await events(parts({ model: model(seed), unmasker: rule }), request(canvas, { seed }))
      const { forwards, rows } = finishedOf(all).stats
      const blockCount = canvas / block
      assert.ok(forwards <= canvas)
      assert.ok(forwards >= blockCount * (1 + Math.ceil((block - 1) / drafts)))
      const canvases = rows / (context + canvas)
      assert.ok(canvases <= blockCount + drafts * (forwards - blockCount), `${canvases} canvases`)
    }
})

test("The least number of rounds is reached, but for one in n + 1, by a text whose every token says as much.", async () => {
  for (const n of [3, 7, 15]) {
    const f = 1
    // Just what n positions at once need.
    const p = 1 - f / (n + 1) + 1e-6
    const length = 4 * n
    const all = await events(
      parts({
        model: oracleModel([
          [p, 1 - p],
          [p, 1 - p],
        ]),
        unmasker: factor({ factor: f }),
        schedule: wholeCanvas,
      }),
      request(length, { prompt: [{ tokens: [0] }] }),
    )
    const rounds = roundsOf(all).length
    const nats = -length * Math.log(p)
    const least = leastRounds({ nats, factor: f, largest: n, gap: 0 })
    assert.equal(rounds, 4)
    assert.ok(least <= rounds && rounds <= least * ((n + 1) / n), `${rounds} rounds, at least ${least}`)
  }
})
