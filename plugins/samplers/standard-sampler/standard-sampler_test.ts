import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Distribution,
  logitsDistribution,
  type LogitsProcessor,
  makeHistory,
  type SamplerContext,
  uniform,
} from "@parade/core"
import * as fc from "fast-check"
import { standardSampler, type StandardSamplerOptions } from "./mod.ts"

const size = 24

const context = (
  prompt: readonly number[],
  output: readonly number[],
  path: readonly number[],
): SamplerContext => {
  const history = makeHistory(prompt)
  for (const token of output) history.append(token)
  return { history, path, position: history.length + path.length }
}
const nothing = context([0], [], [])

const ranking = (values: readonly number[], among: readonly number[]): number[] =>
  [...among].sort((a, b) => values[b]! - values[a]! || a - b)

/** The definition, word by word: probabilities by token, and how near a cut was to keeping another set. */
const reference = (
  logits: readonly number[],
  options: StandardSamplerOptions,
  { history, path }: SamplerContext,
): { probabilities: number[]; margin: number } => {
  const output = [...history.tokens.subarray(history.promptLength), ...Array.from(path)]
  const values = logits.map((logit, token) => {
    let value = logit
    if ([...history.tokens, ...Array.from(path)].includes(token)) {
      const repetition = options.repetitionPenalty ?? 1
      value = value > 0 ? value / repetition : value * repetition
    }
    const times = output.filter((other) => other === token).length
    if (times > 0) value -= (options.presencePenalty ?? 0) + times * (options.frequencyPenalty ?? 0)
    return Math.fround(value) + (options.logitBias?.[token] ?? 0)
  })
  let kept = values.map((_, token) => token).filter((token) => values[token]! > -Infinity)
  const probabilities = new Array<number>(logits.length).fill(0)
  const temperature = options.temperature ?? 0
  if (temperature === 0) {
    probabilities[ranking(values, kept)[0]!] = 1
    return { probabilities, margin: 1 }
  }
  const softmax = (): Map<number, number> => {
    const greatest = Math.max(...kept.map((token) => values[token]!))
    const weights = kept.map((token) => Math.exp((values[token]! - greatest) / temperature))
    const total = weights.reduce((a, b) => a + b, 0)
    return new Map(kept.map((token, i) => [token, weights[i]! / total]))
  }
  let margin = 1
  if ((options.topK ?? 0) > 0) kept = ranking(values, kept).slice(0, options.topK)
  if ((options.topP ?? 1) < 1) {
    const mass = softmax()
    const set: number[] = []
    let reached = 0
    for (const token of ranking(values, kept)) {
      if (set.length > 0 && reached >= options.topP!) break
      set.push(token)
      reached += mass.get(token)!
      margin = Math.min(margin, Math.abs(reached - options.topP!))
    }
    kept = set
  }
  if ((options.minP ?? 0) > 0) {
    const mass = softmax()
    const least = options.minP! * Math.max(...mass.values())
    kept = kept.filter((token) => {
      margin = Math.min(margin, Math.abs(mass.get(token)! - least))
      return mass.get(token)! >= least
    })
  }
  for (const [token, mass] of softmax()) probabilities[token] = mass
  return { probabilities, margin }
}

const near = (distribution: Distribution, expected: readonly number[]): void => {
  expected.forEach((probability, token) => {
    const actual = distribution.probability(token)
    assert.ok(Math.abs(actual - probability) < 1e-6, `token ${token}: ${actual} is not ${probability}`)
    if (probability === 0) assert.equal(actual, 0)
  })
}

const token = fc.nat(size - 1)
const row = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 8) },
      { weight: 1, arbitrary: fc.constant(-Infinity) },
    ),
    {
      minLength: size,
      maxLength: size,
    },
  )
  .filter((logits) => logits.some((logit) => logit > -Infinity))
const options: fc.Arbitrary<StandardSamplerOptions> = fc.record(
  {
    temperature: fc.constantFrom(0, 0.25, 0.8, 1, 2),
    topK: fc.nat(size + 2),
    topP: fc.constantFrom(0, 0.1, 0.5, 0.9, 0.999, 1),
    minP: fc.constantFrom(0, 0.05, 0.5, 1),
    repetitionPenalty: fc.constantFrom(0.5, 1, 1.3),
    presencePenalty: fc.constantFrom(-1, 0, 0.5),
    frequencyPenalty: fc.constantFrom(-0.25, 0, 0.25),
    logitBias: fc.dictionary(token.map(String), fc.integer({ min: -3, max: 3 }), { maxKeys: 3 }),
  },
  { requiredKeys: [] },
)
const where = fc
  .record({
    prompt: fc.array(fc.oneof(token, fc.constant(-1)), { minLength: 1, maxLength: 6 }),
    output: fc.array(token, { maxLength: 6 }),
    path: fc.array(token, { maxLength: 4 }),
  })
  .map(({ prompt, output, path }) => context(prompt, output, path))

test("any options give the distribution of their definition, and the row is not changed", () => {
  fc.assert(
    fc.property(row, options, where, (logits, chosen, at) => {
      const values = Float32Array.from(logits)
      const { probabilities, margin } = reference(logits, chosen, at)
      fc.pre(margin > 1e-9)
      const sampler = standardSampler(chosen)
      const distribution = sampler.process(values, at)
      near(distribution, probabilities)
      assert.deepEqual([...values], [...Float32Array.from(logits)])
      assert.equal(sampler.greedy, (chosen.temperature ?? 0) === 0)
      if (sampler.greedy) assert.equal(distribution.point, probabilities.indexOf(1))
      // The same once more: nothing of the first call is left behind.
      near(sampler.process(values, at), probabilities)
    }),
    { numRuns: 500 },
  )
})

test("top-p keeps the smallest set that reaches p, also over a vocabulary of thousands", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(0.05, 0.5, 0.9, 0.99, 0.9999),
      fc.constantFrom(0.1, 1, 5),
      (seed, p, spread) => {
        const logits = Float32Array.from(
          { length: 3000 },
          (_, i) => -Math.log(1e-9 + uniform(seed, "noise", i)) * spread,
        )
        const plain = standardSampler({ temperature: 1 }).process(logits, nothing)
        const { tokens } = standardSampler({ temperature: 1, topP: p }).process(logits, nothing).support()
        const masses = Array.from(tokens, (kept) => plain.probability(kept)).sort((a, b) => b - a)
        const reached = masses.reduce((a, b) => a + b, 0)
        assert.ok(reached >= p - 1e-12)
        assert.ok(reached - masses.at(-1)! < p + 1e-12)
        const least = Math.min(...Array.from(tokens, (kept) => logits[kept]!))
        const greater = logits.reduce((count, logit) => (logit > least ? count + 1 : count), 0)
        assert.ok(greater < tokens.length)
      },
    ),
    { numRuns: 40 },
  )
})

test("at least one token is kept by any cut", () => {
  const logits = Float32Array.of(1, 3, 3, 2)
  for (const cut of [{ topP: 0 }, { topK: 1 }, { topP: 1e-9 }, { minP: 1, topK: 1 }])
    assert.equal(standardSampler({ temperature: 1, ...cut }).process(logits, nothing).point, 1)
  assert.deepEqual(
    [...standardSampler({ temperature: 1, minP: 1 }).process(logits, nothing).support().tokens],
    [1, 2],
  )
})

test("what a draft path holds is penalised like the output it would become", () => {
  const logits = Float32Array.from({ length: size }, (_, i) => i / 8)
  const sampler = standardSampler({
    temperature: 1,
    repetitionPenalty: 1.5,
    presencePenalty: 1,
    frequencyPenalty: 1,
  })
  const onPath = sampler.process(logits, context([1], [2], [3, 3]))
  const committed = sampler.process(logits, context([1], [2, 3, 3], []))
  for (let i = 0; i < size; i++) assert.equal(onPath.probability(i), committed.probability(i))
})

test("only the output counts for presence and frequency, the prompt too for repetition", () => {
  const logits = Float32Array.of(2, 2)
  const odds = (chosen: StandardSamplerOptions, at: SamplerContext): number =>
    standardSampler({ temperature: 1, ...chosen })
      .process(logits, at)
      .probability(0)
  assert.equal(odds({ presencePenalty: 1, frequencyPenalty: 1 }, context([0, 0], [], [])), 0.5)
  assert.ok(odds({ presencePenalty: 1 }, context([1], [0], [])) < 0.5)
  assert.ok(odds({ repetitionPenalty: 2 }, context([0], [], [])) < 0.5)
})

test("further processors run in their place, and make the sampler left to right if they are", () => {
  const onlyOdd: LogitsProcessor = {
    order: "leftToRight",
    process: (row) => ({ ...row, candidates: Int32Array.from({ length: size / 2 }, (_, i) => 2 * i + 1) }),
  }
  fc.assert(
    fc.property(
      row,
      fc.constantFrom(0, 0.7),
      fc.nat(3),
      fc.constantFrom(0.3, 1),
      (logits, temperature, topK, topP) => {
        fc.pre(logits.some((logit, i) => i % 2 === 1 && logit > -Infinity))
        const masked = logits.map((logit, i) => (i % 2 === 1 ? logit : -Infinity))
        const chosen = { temperature, topK, topP, minP: 0.01 }
        const sampler = standardSampler(chosen, [onlyOdd])
        assert.equal(sampler.order, "leftToRight")
        const { probabilities, margin } = reference(masked, chosen, nothing)
        fc.pre(margin > 1e-9)
        near(sampler.process(Float32Array.from(logits), nothing), probabilities)
      },
    ),
  )
  assert.equal(standardSampler({ topK: 3 }).order, "any")
})

test("a logit that is no number is a typed failure whatever the options", () => {
  const logits = Float32Array.of(1, NaN, 2)
  for (const chosen of [{}, { topK: 2 }, { topP: 0.5 }, { minP: 0.1 }, { repetitionPenalty: 2 }])
    for (const temperature of [0, 1])
      assert.throws(
        () =>
          standardSampler({ temperature, ...chosen })
            .process(logits, nothing)
            .draw(0),
        {
          code: "decode.not-a-number",
        },
      )
})

test("a bias for a token that does not exist says which", () => {
  assert.throws(() => standardSampler({ logitBias: { "9": 1 } }).process(new Float32Array(4), nothing), {
    code: "decode.no-such-token",
    path: "logitBias.9",
  })
})

test("where nothing changes a row, what the decoder has made of it is given back", () => {
  const logits = Float32Array.of(1, 2, 3)
  const raw = logitsDistribution(logits)
  const given = (options: StandardSamplerOptions) =>
    standardSampler(options).process(logits, { ...nothing, raw }) === raw
  assert.ok(given({ temperature: 1 }))
  assert.ok(!given({ temperature: 0.7 }))
  assert.ok(!given({ temperature: 1, topK: 2 }))
  assert.ok(!given({}))
})
