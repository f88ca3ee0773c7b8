import assert from "node:assert/strict"
import { argmax, type Distribution, logitsDistribution, makeHistory, type Sampler } from "@parade/core"
import * as Effect from "effect/Effect"
import { integer, stream } from "../_hash.ts"
import { tableDistribution } from "../reference/distribution.ts"
import { sameFloats } from "./_asserts.ts"
import { type Factory, promises, type Registrar, type TestFunction } from "./test-function.ts"

/** What the suite is told of a sampler beside `order` and `greedy`. */
export interface SamplerSuiteOptions {
  /**
   * Whether a processor may change which of two tokens is the more probable (penalties, bias, grammars), so that the
   * order of the logits need not be kept. Says nothing about ties in the resulting distribution.
   */
  readonly reorders?: boolean
  /** Tokens in the vocabulary it is tried with; 40 by default. */
  readonly vocabularySize?: number
}

interface Case {
  readonly what: string
  readonly logits: Float32Array
}

const cases = (size: number): readonly Case[] => {
  const next = stream(1)
  const row = (value: () => number): Float32Array => Float32Array.from({ length: size }, value)
  return [
    { what: "random logits", logits: row(() => 8 * next() - 4) },
    { what: "logits with many ties", logits: row(() => integer(next, 4)) },
    { what: "equal logits", logits: row(() => 1.5) },
    { what: "one token above all", logits: row(() => 0).with(size >> 1, 60) },
    { what: "huge logits", logits: row(() => 3e4 * (2 * next() - 1)) },
    { what: "forbidden tokens", logits: row(() => (next() < 0.5 ? -Infinity : next())).with(3, 1) },
    { what: "one allowed token", logits: row(() => -Infinity).with(size - 1, -2) },
  ]
}

const at = (
  sampler: Sampler,
  logits: Float32Array,
  tokens: readonly number[] = [],
  path: readonly number[] = [],
) => {
  // The first token is the prompt, the others are output: some processors tell the two apart.
  const history = makeHistory(tokens.slice(0, 1))
  for (const token of tokens.slice(1)) history.append(token)
  return sampler.process(logits, { history, path, position: history.length + path.length })
}

const denseOf = (distribution: Distribution): Float64Array => {
  const dense = new Float64Array(distribution.size)
  const { tokens, probabilities } = distribution.support()
  for (const [i, token] of tokens.entries()) dense[token] = probabilities[i]!
  return dense
}

/** Numbers in [0, 1) that include both ends, and the borders of the cumulative distribution. */
const uniforms = (distribution: Distribution): readonly number[] => {
  const next = stream(2)
  const { probabilities } = distribution.support()
  const borders: number[] = []
  let sum = 0
  for (const p of probabilities) borders.push((sum += p))
  return [
    0,
    Number.MIN_VALUE,
    1 - 2 ** -53,
    ...borders.filter((u) => u < 1),
    ...Array.from({ length: 50 }, next),
  ]
}

const assertConsistent = (distribution: Distribution, size: number, what: string): void => {
  const { tokens, probabilities } = distribution.support()
  assert.equal(distribution.size, size, `${what}: another size`)
  assert.ok(tokens.length > 0 && tokens.length === probabilities.length, `${what}: nothing is possible`)
  let total = 0
  for (const [i, token] of tokens.entries()) {
    assert.ok(i === 0 || token > tokens[i - 1]!, `${what}: the support does not ascend`)
    assert.ok(token >= 0 && token < size && probabilities[i]! > 0, `${what}: token ${token} in the support`)
    total += probabilities[i]!
  }
  assert.ok(Math.abs(total - 1) < 1e-9, `${what}: probabilities sum to ${total}`)
  const dense = denseOf(distribution)
  sameFloats(
    Float64Array.from(dense.keys(), (token) => distribution.probability(token)),
    dense,
    1e-12,
    what,
  )

  const ranked = [...tokens].sort((a, b) => dense[b]! - dense[a]! || a - b)
  assert.equal(distribution.argmax(), ranked[0], `${what}: argmax is not the lowest of the most probable`)
  for (const k of [1, 3, size]) {
    const top = distribution.topK(k)
    assert.deepEqual([...top.tokens], ranked.slice(0, k), `${what}: top ${k}, the lowest id first at ties`)
    sameFloats(
      top.probabilities,
      ranked.slice(0, k).map((token) => dense[token]!),
      1e-12,
      `${what}: top ${k}`,
    )
  }
  const entropy = -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0)
  assert.ok(Math.abs(distribution.entropy() - entropy) < 1e-9, `${what}: entropy in nats`)
  assert.equal(distribution.point, tokens.length === 1 ? tokens[0] : undefined, `${what}: point`)
}

const assertDraws = (distribution: Distribution, what: string): void => {
  const { tokens, probabilities } = distribution.support()
  for (const u of uniforms(distribution)) {
    const drawn = distribution.draw(u)
    const index = tokens.indexOf(drawn)
    assert.ok(index >= 0, `${what}: ${u} draws token ${drawn}, which has probability 0`)
    const below = probabilities.slice(0, index).reduce((sum, p) => sum + p, 0)
    assert.ok(
      u > below - 1e-9 && (u < below + probabilities[index]! + 1e-9 || index === tokens.length - 1),
      `${what}: ${u} draws token ${drawn}, whose share is [${below}, ${below + probabilities[index]!})`,
    )
  }
}

const promiseDistributions = (
  promise: Registrar<Sampler>,
  { vocabularySize = 40, reorders = false }: SamplerSuiteOptions,
): void => {
  for (const { what, logits } of cases(vocabularySize)) {
    promise(`gives one consistent distribution for ${what}`, (sampler) =>
      Effect.sync(() => assertConsistent(at(sampler, logits), vocabularySize, what)),
    )

    promise(`draws by the inverse of the cumulative distribution for ${what}`, (sampler) =>
      Effect.sync(() => assertDraws(at(sampler, logits), what)),
    )

    promise(`never makes a forbidden token possible for ${what}`, (sampler) =>
      Effect.sync(() => {
        for (const token of at(sampler, logits).support().tokens)
          assert.ok(logits[token]! > -Infinity, `${what}: token ${token}`)
      }),
    )

    promise(`keeps the order of ${what}, ties in favour of the lowest id`, (sampler, skip) =>
      Effect.sync(() => {
        if (reorders) return skip("It declares that a processor may change the order.")
        const distribution = at(sampler, logits)
        assert.equal(distribution.argmax(), logits.indexOf(Math.max(...logits)), what)
        for (let a = 1; a < vocabularySize; a++)
          for (let b = 0; b < a; b++)
            if (logits[a]! > logits[b]!)
              assert.ok(
                distribution.probability(a) >= distribution.probability(b),
                `${what}: token ${a} has the larger logit and less probability than ${b}`,
              )
      }),
    )
  }
}

/**
 * What every sampler promises: a consistent distribution in whatever form, a draw that inverts the cumulative
 * distribution in id order, no state, its input unchanged, and the same answer for a path as for a history.
 */
export const samplerSuite = (
  test: TestFunction,
  factory: Factory<Sampler>,
  options: SamplerSuiteOptions = {},
): void => {
  const { vocabularySize = 40 } = options
  const promise = promises(test, "sampler", factory)
  const rows = cases(vocabularySize)
  const same = (a: Distribution, b: Distribution, what: string): void => {
    assert.deepEqual([...a.support().tokens], [...b.support().tokens], what)
    sameFloats(a.support().probabilities, b.support().probabilities, 1e-12, what)
  }

  promiseDistributions(promise, options)

  promise("is the softmax at a temperature where it says that it is nothing else", (sampler, skip) =>
    Effect.sync(() => {
      const { temperature } = sampler
      if (temperature === undefined) return skip("It reads whole rows.")
      for (const { what, logits } of cases(vocabularySize))
        for (const history of [[], [0, 1, 2]]) {
          const made = at(sampler, logits, history)
          if (temperature === 0) assert.equal(made.point, argmax(logits), what)
          else same(made, logitsDistribution(logits, temperature), what)
        }
      return undefined
    }),
  )

  promise("is a point mass always where it says it is greedy", (sampler, skip) =>
    Effect.sync(() => {
      if (!sampler.greedy) return skip("It is not greedy.")
      for (const { what, logits } of rows)
        assert.notEqual(at(sampler, logits, [1, 2, 1]).point, undefined, what)
    }),
  )

  promise("does not change the logits", (sampler) =>
    Effect.sync(() => {
      for (const { what, logits } of rows) {
        const before = logits.slice()
        const distribution = at(sampler, logits, [1, 2, 3, 1], [2])
        distribution.draw(0.5)
        distribution.topK(3)
        distribution.support()
        assert.deepEqual(logits, before, what)
      }
    }),
  )

  promise("holds no state: the same row and history give the same distribution at any time", (sampler) =>
    Effect.sync(() => {
      for (const { what, logits } of rows) {
        const first = at(sampler, logits, [1, 2, 1])
        const tokens = [...first.support().tokens]
        const probabilities = [...first.support().probabilities]
        for (const other of rows) at(sampler, other.logits, [3, 3, 3, 3]).draw(0.3)
        const again = at(sampler, logits, [1, 2, 1])
        assert.deepEqual([...again.support().tokens], tokens, what)
        assert.deepEqual([...again.support().probabilities], probabilities, what)
      }
    }),
  )

  promise("distributions of several rows can be in use at once", (sampler) =>
    Effect.sync(() => {
      const alone = rows.map(({ logits }) => tableDistribution(denseOf(at(sampler, logits, [1, 2]))))
      const together = rows.map(({ logits }) => at(sampler, logits, [1, 2]))
      for (const [i, { what }] of rows.entries()) {
        same(together[i]!, alone[i]!, what)
        assert.equal(together[i]!.argmax(), alone[i]!.argmax(), what)
      }
    }),
  )

  promise("a path counts as the history it would become", (sampler) =>
    Effect.sync(() => {
      const tokens = [5, 1, 2, 1, 5, 7, 7, 1]
      for (const { what, logits } of rows)
        for (const split of [1, 4, 7])
          same(
            at(sampler, logits, tokens.slice(0, split), tokens.slice(split)),
            at(sampler, logits, tokens),
            `${what}, ${tokens.length - split} tokens on the path`,
          )
    }),
  )

  promise("takes prompts with vectors, whose tokens are -1", (sampler) =>
    Effect.sync(() => {
      for (const { what, logits } of rows)
        assertConsistent(at(sampler, logits, [-1, -1, 2]), vocabularySize, what)
    }),
  )
}
