import { type Distribution, makeHistory, type Model, type Sampler, tokenRows } from "@parade/core"
import { naiveCache } from "@parade/test"
import * as Effect from "effect/Effect"

/** The distribution after a text, from one forward over all of it. */
export const distributionAfter = (
  model: Model,
  sampler: Sampler,
  tokens: readonly number[],
): Promise<Distribution> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const cache = yield* naiveCache.make(yield* model.makeStore)
        const last = tokens.length - 1
        const outputs = yield* model.forward(tokenRows(tokens, 0), {
          cache,
          outputs: [{ name: "logits", rows: [last] }],
          phase: "prefill",
        })
        const logits = outputs["logits"]!.row(0).slice()
        return sampler.process(logits, { history: makeHistory(tokens), path: [], position: tokens.length })
      }),
    ),
  )

/** The exact law of the next `length` tokens of a model of at most ten, by the tokens in one string. */
export const textLaw = async (
  model: Model,
  sampler: Sampler,
  prompt: readonly number[],
  length: number,
): Promise<ReadonlyMap<string, number>> => {
  let law = new Map<string, number>([["", 1]])
  for (let i = 0; i < length; i++) {
    const longer = new Map<string, number>()
    for (const [text, probability] of law) {
      const p = await distributionAfter(model, sampler, [...prompt, ...Array.from(text, Number)])
      for (let token = 0; token < model.info.vocabularySize; token++)
        if (p.probability(token) > 0) longer.set(`${text}${token}`, probability * p.probability(token))
    }
    law = longer
  }
  return law
}

/** The law of the first tokens only. */
export const marginal = (law: ReadonlyMap<string, number>, tokens: number): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const [text, probability] of law)
    sums.set(text.slice(0, tokens), (sums.get(text.slice(0, tokens)) ?? 0) + probability)
  return sums
}

/**
 * Pearson's chi-square of counts against a law, as the standard normal deviate of Wilson and Hilferty: above 3.09 for
 * one sample in a thousand. Cells that are expected less than 5 times are taken together.
 */
export const deviate = (
  counts: ReadonlyMap<string, number>,
  law: ReadonlyMap<string, number>,
  total: number,
): number => {
  let statistic = 0
  let cells = 0
  let rareExpected = 0
  let rareCount = 0
  for (const [text, probability] of law) {
    const expected = probability * total
    const count = counts.get(text) ?? 0
    if (expected < 5) {
      rareExpected += expected
      rareCount += count
      continue
    }
    statistic += (count - expected) ** 2 / expected
    cells++
  }
  if (rareExpected >= 5) {
    statistic += (rareCount - rareExpected) ** 2 / rareExpected
    cells++
  }
  const freedom = cells - 1
  const spread = 2 / (9 * freedom)
  return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread)
}
