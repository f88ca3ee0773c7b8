import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import {
  denseDistribution,
  type Distribution,
  logitsDistribution,
  pointDistribution,
  sparseDistribution,
  uniform,
} from "./mod.ts"

/** A distribution and the same as plain probabilities. */
interface Case {
  readonly form: string
  readonly distribution: Distribution
  readonly reference: number[]
}

const normalise = (weights: readonly number[]): number[] => {
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

const logitsCase = fc
  .record({
    logits: fc
      .array(
        fc.oneof(
          fc.integer({ min: -8, max: 8 }),
          fc.constant(-Infinity),
          fc.integer({ min: -200, max: 200 }).map((eighths) => eighths / 8),
        ),
        {
          minLength: 1,
          maxLength: 400,
        },
      )
      .filter((logits) => logits.some((logit) => logit > -Infinity)),
    temperature: fc.constantFrom(0.3, 0.7, 1, 1.5),
  })
  .map(({ logits, temperature }): Case => {
    const row = Float32Array.from(logits)
    const greatest = Math.max(...row)
    return {
      form: "logits",
      distribution: logitsDistribution(row, temperature),
      reference: normalise(Array.from(row, (logit) => Math.exp((logit - greatest) / temperature))),
    }
  })

const weights = fc
  .array(
    fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 }), fc.double({ min: 1e-9, max: 5, noNaN: true })),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .filter((all) => all.some((weight) => weight > 0))

const denseCase = weights.map((all): Case => ({
  form: "dense",
  distribution: denseDistribution(Float64Array.from(all)),
  reference: normalise(all),
}))

const sparseCase = weights.map((all): Case => {
  const tokens = all.map((_, i) => 3 * i + 1)
  const reference = new Array<number>(3 * all.length).fill(0)
  normalise(all).forEach((probability, i) => (reference[tokens[i]!] = probability))
  return {
    form: "sparse",
    distribution: sparseDistribution(3 * all.length, Int32Array.from(tokens), Float64Array.from(all)),
    reference,
  }
})

const pointCase = fc.nat(20).map((token): Case => {
  const reference = new Array<number>(21).fill(0)
  reference[token] = 1
  return { form: "point", distribution: pointDistribution(21, token), reference }
})

const anyCase = fc.oneof(logitsCase, denseCase, sparseCase, pointCase)

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-12, `${actual} is not ${expected}`)

/** The tokens in order of the reference: greatest first, lowest id first at ties. */
const ranking = (reference: readonly number[]): number[] =>
  reference
    .map((_, token) => token)
    .filter((token) => reference[token]! > 0)
    .sort((a, b) => reference[b]! - reference[a]! || a - b)

test("every form gives the probabilities, support and entropy of the plain definition", () => {
  fc.assert(
    fc.property(anyCase, ({ distribution, reference }) => {
      assert.equal(distribution.size, reference.length)
      reference.forEach((probability, token) => near(distribution.probability(token), probability))
      assert.equal(distribution.probability(reference.length), 0)
      assert.equal(distribution.probability(-1), 0)
      const { tokens, probabilities } = distribution.support()
      assert.deepEqual(
        [...tokens],
        reference.flatMap((probability, token) => (probability > 0 ? [token] : [])),
      )
      tokens.forEach((token, i) => near(probabilities[i]!, reference[token]!))
      const entropy = reference.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
      assert.ok(Math.abs(distribution.entropy() - entropy) < 1e-9)
    }),
  )
})

test("argmax and top-k rank by probability, the lowest id first at ties", () => {
  fc.assert(
    fc.property(anyCase, fc.nat(50), ({ distribution, reference }, k) => {
      const expected = ranking(reference)
      const { tokens, probabilities } = distribution.topK(k)
      assert.equal(tokens.length, Math.min(k, expected.length))
      // Equal weights may differ in the last bit of the reference, so compare what is ranked, then its order.
      tokens.forEach((token, i) => {
        near(probabilities[i]!, reference[expected[i]!]!)
        if (i > 0 && probabilities[i] === probabilities[i - 1]) assert.ok(token > tokens[i - 1]!)
      })
      assert.equal(new Set(tokens).size, tokens.length)
      near(reference[distribution.argmax()]!, Math.max(...reference))
      if (k > 0) assert.equal(tokens[0], distribution.argmax())
    }),
  )
})

test("a draw inverts the cumulative distribution in id order", () => {
  fc.assert(
    fc.property(
      anyCase,
      fc.oneof(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom(0, 1 - 2 ** -53),
      ),
      ({ distribution, reference }, u) => {
        const token = distribution.draw(u)
        assert.ok(reference[token]! > 0, "drew an impossible token")
        const before = reference.slice(0, token).reduce((a, b) => a + b, 0)
        assert.ok(before <= u + 1e-12 && u <= before + reference[token]! + 1e-12)
      },
    ),
  )
})

test("the point is known exactly where one token has all probability", () => {
  fc.assert(
    fc.property(anyCase, ({ distribution, reference }) => {
      const possible = ranking(reference)
      assert.equal(distribution.point, possible.length === 1 ? possible[0] : undefined)
    }),
  )
})

test("a softmax of which only one token is left is a point, one with a tiny second is not", () => {
  assert.equal(logitsDistribution(Float32Array.of(0, 800, 99)).point, 1)
  assert.equal(logitsDistribution(Float32Array.of(0, 60)).point, undefined)
})

test("keyed draws follow the distribution (chi-square)", () => {
  const logits = Float32Array.from({ length: 300 }, (_, i) => (i % 37 === 0 ? 2 - i / 150 : -Infinity))
  const distribution = logitsDistribution(logits, 0.8)
  const { tokens, probabilities } = distribution.support()
  const draws = 20_000
  const counts = new Map<number, number>()
  for (let position = 0; position < draws; position++) {
    const token = distribution.draw(uniform(11, "token", position))
    counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  let statistic = 0
  tokens.forEach((token, i) => {
    const expected = draws * probabilities[i]!
    statistic += ((counts.get(token) ?? 0) - expected) ** 2 / expected
  })
  assert.equal(tokens.length, 9)
  // 8 degrees of freedom: 26.1 is passed with probability 0.001.
  assert.ok(statistic < 26.1, `chi-square ${statistic}`)
})

test("a logit that is no number is a typed failure; -Infinity is impossible", () => {
  const row = Float32Array.of(1, NaN, 2)
  for (const ask of [
    (d: Distribution) => d.argmax(),
    (d: Distribution) => d.draw(0.5),
    (d: Distribution) => d.probability(0),
    (d: Distribution) => d.topK(2),
    (d: Distribution) => d.entropy(),
    (d: Distribution) => d.support(),
  ])
    assert.throws(() => ask(logitsDistribution(row)), { code: "decode.not-a-number" })
  assert.throws(() => logitsDistribution(row, 0), { code: "decode.not-a-number" })
  assert.throws(() => logitsDistribution(Float32Array.of(1, Infinity)).draw(0), {
    code: "decode.not-a-number",
  })
  assert.throws(() => logitsDistribution(Float32Array.of(-Infinity, -Infinity), 0), {
    code: "decode.nothing-possible",
  })
  assert.throws(() => logitsDistribution(Float32Array.of(1), -1), { code: "decode.temperature" })
})

test("temperature 0, or too small to divide by, is the point on the lowest greatest logit", () => {
  const row = Float32Array.of(1, 3, 3, -Infinity)
  for (const temperature of [0, 5e-324, 1e-310]) assert.equal(logitsDistribution(row, temperature).point, 1)
  assert.equal(logitsDistribution(row, 1e-300).draw(0.999), 2)
})

test("malformed weights are typed failures", () => {
  const code = { code: "decode.invalid-distribution" }
  assert.throws(() => denseDistribution(Float64Array.of(1, -1)), code)
  assert.throws(() => denseDistribution(Float64Array.of(1, NaN)), code)
  assert.throws(() => denseDistribution(Float64Array.of(1e308, 1e308)), code)
  assert.throws(() => sparseDistribution(9, Int32Array.of(2, 2), Float64Array.of(1, 1)), code)
  assert.throws(() => sparseDistribution(9, Int32Array.of(2, 9), Float64Array.of(1, 1)), code)
  assert.throws(() => sparseDistribution(9, Int32Array.of(-1, 2), Float64Array.of(1, 1)), code)
  assert.throws(() => sparseDistribution(9, Int32Array.of(2), Float64Array.of(1, 1)), code)
  assert.throws(() => denseDistribution(new Float64Array(3)), { code: "decode.nothing-possible" })
  assert.throws(() => pointDistribution(3, 3), { code: "decode.token-out-of-range" })
  assert.throws(() => pointDistribution(3, 0.5), { code: "decode.token-out-of-range" })
})
