/** What exploring saves where one position decides many: a law of which the model knows every marginal. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Model, uniform } from "@parade/core"
import type { Unmasker } from "@parade/denoising"
import { exploreThenExploit } from "@parade/explore-then-exploit"
import { standardSampler } from "@parade/standard-sampler"
import { contextModel, oracleModel } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import { events, finishedOf, parts, request, roundsOf } from "./_testing.ts"

const [groups, leaves, hubs, values] = [4, 8, 8, 4]
const span = leaves + 1
const length = groups * span
const maskToken = hubs
const promptLength = 3

/** What each leaf of a group is for each hub: a default with the chance `rate`, one of some other values otherwise. */
type Table = readonly (readonly number[])[]

const tablesOf = (rate: number, seed: number): readonly Table[] =>
  Array.from({ length: groups }, (_, group) =>
    Array.from({ length: hubs }, (__, hub) =>
      Array.from({ length: leaves }, (___, leaf) => {
        const at = (group * hubs + hub) * leaves + leaf
        return uniform(seed, "noise", at, 0) < rate
          ? 0
          : 1 + Math.floor(values * uniform(seed, "noise", at, 1))
      }),
    ),
  )

/**
 * Groups of eight leaves and, behind them, the hub that they are functions of, uniform over eight values: of a masked position
 * exactly what the hubs that agree with all visible ones leave.
 */
const hubModel = (tables: readonly Table[]): Model =>
  contextModel({
    name: "hub-and-leaves",
    vocabularySize: hubs + 1,
    maskToken,
    maskedRowPredicts: "self",
    logits: ({ tokens, positions }, out) => {
      const here = positions.at(-1)! - promptLength
      const group = Math.floor(here / span)
      const table = tables[group]!
      const tokenAt = (hub: number, leaf: number): number => (leaf === leaves ? hub : table[hub]![leaf]!)
      let left = table.map((_, hub) => hub)
      for (const [i, position] of positions.entries()) {
        const place = position - promptLength
        if (tokens[i] === maskToken || place < 0 || Math.floor(place / span) !== group) continue
        left = left.filter((hub) => tokenAt(hub, place % span) === tokens[i])
      }
      const weights = new Float64Array(hubs + 1)
      for (const hub of left) weights[tokenAt(hub, here % span)]! += 1 / left.length
      for (let token = 0; token <= hubs; token++) out[token] = Math.log(weights[token]!)
    },
  })

const meanRounds = async (rate: number, unmasker: Unmasker, trials: number): Promise<number> => {
  let rounds = 0
  for (let seed = 0; seed < trials; seed++) {
    const tables = tablesOf(rate, seed)
    const all = await events(
      parts({ model: hubModel(tables), unmasker, schedule: wholeCanvas }),
      request(length),
    )
    const { tokens } = finishedOf(all)
    for (let group = 0; group < groups; group++) {
      const own = tokens.slice(group * span, (group + 1) * span)
      assert.deepEqual(own.slice(0, leaves), tables[group]![own[leaves]!])
    }
    rounds += roundsOf(all).length
  }
  return rounds / trials
}

const exploring = (branches: number): Unmasker =>
  exploreThenExploit({
    threshold: 0.9,
    aheadThreshold: 0.95,
    trigger: "always",
    stall: 1,
    select: "entropy",
    branches,
    weight: 0.2,
  })

test("Where a hub decides its leaves, a threshold takes 26 to 32 rounds, by how often leaves are alike; exploring takes one per hub and one.", async () => {
  for (const [rate, expected] of [
    [0.5, 25.6],
    [0.7, 31.8],
    [0.85, 28.0],
  ] as const) {
    const rounds = await meanRounds(rate, threshold({ threshold: 0.9 }), 25)
    assert.ok(Math.abs(rounds - expected) < 1.5, `${rounds} rounds at a rate of ${rate}, not ${expected}`)
    assert.equal(await meanRounds(rate, exploring(1), 10), groups + 1)
  }
})

test("Several candidates for a hub take no more rounds than one, and as many rows as there are of them.", async () => {
  const all = await events(
    parts({ model: hubModel(tablesOf(0.7, 1)), unmasker: exploring(4), schedule: wholeCanvas }),
    request(length),
  )
  assert.ok(roundsOf(all).length <= groups + 1)
  assert.ok(roundsOf(all).some(({ rows }) => rows >= 4 * length))
})

test("Coins that know nothing of each other are drawn in one round, however many nats they hold: the bound is for rules of confidence.", async () => {
  const coins = 6
  const runs = 4000
  const chance = 0.3
  const model = oracleModel([
    [1 - chance, chance],
    [1 - chance, chance],
  ])
  const counts = new Map<string, number>()
  for (let seed = 0; seed < runs; seed++) {
    const all = await events(
      parts({
        model,
        unmasker: threshold({ threshold: 0 }),
        sampler: standardSampler({ temperature: 1 }),
        schedule: wholeCanvas,
      }),
      request(coins, { prompt: [{ tokens: [0] }], seed }),
    )
    assert.equal(roundsOf(all).length, 1)
    const key = finishedOf(all).tokens.join("")
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let chiSquare = 0
  for (let code = 0; code < 2 ** coins; code++) {
    const text = Array.from({ length: coins }, (_, i) => (code >> i) & 1)
    const law = text.reduce((p, token) => p * (token === 1 ? chance : 1 - chance), 1)
    chiSquare += ((counts.get(text.join("")) ?? 0) - runs * law) ** 2 / (runs * law)
  }
  // 99.99 % of the distribution with 63 degrees of freedom.
  assert.ok(chiSquare < 113.5, `χ² is ${chiSquare}`)
})
