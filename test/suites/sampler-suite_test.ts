import { test } from "node:test"
import type { Distribution, Sampler } from "@parade/core"
import * as Effect from "effect/Effect"
import { greedySampler, historySampler, samplerSuite, softmaxSampler, tableDistribution } from "../mod.ts"
import { assertCaught } from "./_broken.ts"

samplerSuite(test, Effect.succeed(greedySampler))
samplerSuite(test, Effect.succeed(softmaxSampler(0.7)))
samplerSuite(test, Effect.succeed(historySampler(3, 1.5)), { reorders: true, vocabularySize: 17 })

const catches = (what: string, sampler: Sampler, sentence: string): void => {
  test(`the sampler suite catches ${what}`, () =>
    assertCaught((collect) => samplerSuite(collect, Effect.succeed(sampler)), sentence))
}

const softmax = softmaxSampler()
const changed = (change: (distribution: Distribution) => Partial<Distribution>): Sampler => ({
  ...softmax,
  process: (logits, context) => {
    const distribution = softmax.process(logits, context)
    return { ...distribution, ...change(distribution) }
  },
})

catches(
  "a greedy choice of the highest id at ties",
  {
    ...greedySampler,
    process: (logits) => {
      const top = logits.lastIndexOf(Math.max(...logits))
      return tableDistribution(Float64Array.from(logits, (_, i) => (i === top ? 1 : 0)))
    },
  },
  "keeps the order of equal logits, ties in favour of the lowest id",
)

catches(
  "an argmax of the highest id at ties",
  changed((distribution) => ({
    argmax: () => {
      const { tokens, probabilities } = distribution.support()
      return tokens[probabilities.lastIndexOf(Math.max(...probabilities))]!
    },
  })),
  "gives one consistent distribution for logits with many ties",
)

catches(
  "draws in the order of probability",
  changed((distribution) => ({
    draw: (u) => {
      const { tokens, probabilities } = distribution.topK(distribution.size)
      let sum = 0
      return tokens.find((_, i) => u < (sum += probabilities[i]!)) ?? tokens[0]!
    },
  })),
  "draws by the inverse of the cumulative distribution",
)

catches(
  "a draw of what has probability 0",
  changed((distribution) => ({ draw: (u) => (u === 0 ? 0 : distribution.draw(u)) })),
  "draws by the inverse of the cumulative distribution for one allowed token",
)

catches(
  "probabilities that do not sum to 1",
  changed((distribution) => ({
    support: () => {
      const { tokens, probabilities } = distribution.support()
      return { tokens, probabilities: probabilities.map((p) => p * 0.999) }
    },
  })),
  "gives one consistent distribution for random logits",
)

catches(
  "logits changed in place",
  {
    ...softmax,
    process: (logits, context) => {
      for (let i = 0; i < logits.length; i++) logits[i]! *= 0.5
      return softmax.process(logits, context)
    },
  },
  "does not change the logits",
)

catches(
  "a path that is not counted",
  {
    ...softmax,
    process: (logits, context) => historySampler(4, 2).process(logits, { ...context, path: [] }),
  },
  "a path counts as the history it would become",
)

catches(
  "a generator inside",
  (() => {
    let calls = 0
    return {
      ...softmax,
      process: (logits, context) => softmaxSampler(1 + ++calls / 100).process(logits, context),
    } satisfies Sampler
  })(),
  "holds no state",
)

catches(
  "one buffer for all distributions",
  (() => {
    const buffer = new Float64Array(40)
    return {
      ...softmax,
      process: (logits, context) => {
        const distribution = softmax.process(logits, context)
        for (let token = 0; token < 40; token++) buffer[token] = distribution.probability(token)
        return { ...distribution, support: () => tableDistribution(buffer).support() }
      },
    } satisfies Sampler
  })(),
  "distributions of several rows can be in use at once",
)

catches(
  "a sampler that draws and says it is greedy",
  { ...softmax, greedy: true },
  "is a point mass always where it says it is greedy",
)

catches(
  "a token allowed against the model's will",
  {
    ...softmax,
    process: (logits, context) =>
      softmax.process(
        logits.map((logit) => Math.max(logit, -5)),
        context,
      ),
  },
  "never makes a forbidden token possible",
)

catches(
  "a softmax that overflows",
  {
    ...softmax,
    process: (logits) => tableDistribution(Float64Array.from(logits, Math.exp)),
  },
  "gives one consistent distribution for huge logits",
)
