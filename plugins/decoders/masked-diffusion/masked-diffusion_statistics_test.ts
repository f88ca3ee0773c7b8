import assert from "node:assert/strict"
import { test } from "node:test"
import type { Unmasker } from "@parade/denoising"
import { exploreThenExploit } from "@parade/explore-then-exploit"
import { fixedCount } from "@parade/fixed-count"
import { oracleModel, softmaxSampler } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import { finish, parts, request } from "./_testing.ts"

const runs = process.env["PARADE_STATISTICS"] === "sample" ? 2000 : 20_000

test("one token per step in any order, drawn from exact marginals, gives the law of the text", async () => {
  const transitions = [
    [0.1, 0.9],
    [0.6, 0.4],
  ]
  const model = oracleModel(transitions)
  const options = parts({
    model,
    sampler: softmaxSampler(),
    schedule: wholeCanvas,
    unmasker: fixedCount({ by: "random" }),
  })

  const counts = new Map<string, number>()
  for (let seed = 0; seed < runs; seed++) {
    const { tokens: text } = await finish(options, request(3, { prompt: [{ tokens: [0] }], seed }))
    const key = text.join("")
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let chiSquare = 0
  for (let code = 0; code < 8; code++) {
    const text = [code >> 2, (code >> 1) & 1, code & 1]
    const law = text.reduce((p, token, i) => p * transitions[i === 0 ? 0 : text[i - 1]!]![token]!, 1)
    chiSquare += ((counts.get(text.join("")) ?? 0) - runs * law) ** 2 / (runs * law)
  }
  // 99.99 % of the distribution with 7 degrees of freedom.
  assert.ok(chiSquare < 29.9, `χ² is ${chiSquare}`)

  const atOnce = new Map<string, number>()
  for (let seed = 0; seed < runs; seed++) {
    const { tokens: text } = await finish(
      { ...options, unmasker: threshold({ threshold: 0 }) },
      request(3, { prompt: [{ tokens: [0] }], seed }),
    )
    atOnce.set(text.join(""), (atOnce.get(text.join("")) ?? 0) + 1)
  }
  // All at once is the product of the marginals: 0 1 has probability 0.1 · 0.9 in the text, 0.1 · 0.45 here.
  const share = ["010", "011"].reduce((sum, key) => sum + (atOnce.get(key) ?? 0), 0) / runs
  assert.ok(Math.abs(share - 0.1 * (0.1 * 0.9 + 0.9 * 0.4)) < 0.02, `${share}`)
  // What is lost by it is Σ H(Yᵢ) − H(Y), in nats.
  const texts = Array.from({ length: 8 }, (_, code) => [code >> 2, (code >> 1) & 1, code & 1])
  const lawOf = (text: readonly number[]): number =>
    text.reduce((p, token, i) => p * transitions[i === 0 ? 0 : text[i - 1]!]![token]!, 1)
  const entropyOf = (shares: readonly number[]): number => shares.reduce((sum, p) => sum - p * Math.log(p), 0)
  const marginals = [0, 1, 2].map((at) => {
    const one = texts.filter((text) => text[at] === 1).reduce((sum, text) => sum + lawOf(text), 0)
    return entropyOf([one, 1 - one])
  })
  const closed = marginals.reduce((sum, h) => sum + h, 0) - entropyOf(texts.map(lawOf))
  const measured = texts.reduce((sum, text) => {
    const found = (atOnce.get(text.join("")) ?? 0) / runs
    return sum + lawOf(text) * Math.log(lawOf(text) / found)
  }, 0)
  assert.ok(Math.abs(measured - closed) < 0.1 * closed, `${measured} nats are lost where ${closed} must be`)
})

/** 99.99 % of χ² by length of the text: one degree of freedom less than there are texts. */
const limits = [15.1, 21.1, 29.9, 44.3, 69.1, 113.5]

test("at every length up to six one token per step gives the law of the text; all at once does not", async () => {
  const transitions = [
    [0.3, 0.7],
    [0.6, 0.4],
  ]
  const model = oracleModel(transitions)
  const count = runs / 5
  const chiSquareOf = async (unmasker: Unmasker, length: number): Promise<number> => {
    const options = parts({ model, sampler: softmaxSampler(), schedule: wholeCanvas, unmasker })
    const counts = new Float64Array(2 ** length)
    for (let seed = 0; seed < count; seed++) {
      const { tokens } = await finish(options, request(length, { prompt: [{ tokens: [0] }], seed }))
      counts[parseInt(tokens.join(""), 2)]!++
    }
    return counts.reduce((sum, found, code) => {
      const text = Array.from({ length }, (_, i) => (code >> (length - 1 - i)) & 1)
      const law = text.reduce((p, token, i) => p * transitions[text[i - 1] ?? 0]![token]!, count)
      return sum + (found - law) ** 2 / law
    }, 0)
  }
  for (const [i, limit] of limits.entries()) {
    const one = await chiSquareOf(fixedCount({ by: "random" }), i + 1)
    assert.ok(one < limit, `χ² is ${one} at length ${i + 1}`)
  }
  const atOnce = await chiSquareOf(threshold({ threshold: 0 }), limits.length)
  assert.ok(atOnce > limits.at(-1)!, `χ² is ${atOnce} all at once`)
})

test("an explored position at a time, drawn, gives the law of the text; choosing among several candidates does not", async () => {
  const transitions = [
    [0.1, 0.9],
    [0.6, 0.4],
  ]
  const model = oracleModel(transitions)
  const chiSquareOf = async (branches: number): Promise<number> => {
    const unmasker = exploreThenExploit({
      threshold: 1,
      aheadThreshold: 1,
      trigger: "always",
      stall: 1,
      select: "entropy",
      branches,
      weight: 1,
    })
    const options = parts({ model, sampler: softmaxSampler(), schedule: wholeCanvas, unmasker })
    const counts = new Map<string, number>()
    for (let seed = 0; seed < runs; seed++) {
      const { tokens: text } = await finish(options, request(3, { prompt: [{ tokens: [0] }], seed }))
      counts.set(text.join(""), (counts.get(text.join("")) ?? 0) + 1)
    }
    let chiSquare = 0
    for (let code = 0; code < 8; code++) {
      const text = [code >> 2, (code >> 1) & 1, code & 1]
      const law = text.reduce((p, token, i) => p * transitions[i === 0 ? 0 : text[i - 1]!]![token]!, 1)
      chiSquare += ((counts.get(text.join("")) ?? 0) - runs * law) ** 2 / (runs * law)
    }
    return chiSquare
  }
  const [one, two] = [await chiSquareOf(1), await chiSquareOf(2)]
  assert.ok(one < 29.9, `χ² is ${one} with one branch`)
  assert.ok(two > 200, `χ² is ${two} with two`)
})
