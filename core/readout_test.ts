import assert from "node:assert/strict"
import { test } from "node:test"
import { argmaxRow, readoutRow } from "@parade/test"
import fc from "fast-check"
import { argmax, argmaxOf, logitsDistribution, readoutDistribution, rowReader } from "./mod.ts"
import type { Distribution, Model, Sampler } from "./mod.ts"

const logitsOf = (values: readonly number[], scale: number): Float32Array =>
  Float32Array.from(values, (value) => Math.fround(value * scale))

const rows = fc
  .record({
    values: fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 12, maxLength: 40 }),
    scale: fc.constantFrom(0.05, 1, 3),
    without: fc.nat(11),
    named: fc.array(fc.nat(11), { maxLength: 3 }),
  })
  .map(({ values, scale, without, named }) => ({ logits: logitsOf(values, scale), without, named }))

/** Equal, or apart by no more than a float32 can tell of what is not the likeliest. */
const close = (actual: number, expected: number, rest: number, what: string): void =>
  assert.ok(
    Math.abs(actual - expected) <= 4e-6 * rest + 1e-15,
    `${what}: ${actual} is not ${expected} where ${rest} is left`,
  )

/** What is read of a row by its output `readout.entropy`, or `readout`. */
const read = (
  logits: Float32Array,
  k: number,
  tokens: readonly number[],
  { entropy = true, ...without }: { readonly entropy?: boolean; readonly without?: number } = {},
): Distribution =>
  readoutDistribution(readoutRow(logits, k, tokens, entropy), {
    entropy,
    size: logits.length,
    tokens,
    ...without,
  })

const compare = (readout: Distribution, whole: Distribution, tokens: readonly number[]): void => {
  const best = whole.topK(4)
  assert.equal(readout.argmax(), whole.argmax())
  assert.deepEqual(readout.topK(4).tokens, best.tokens)
  const rest = Math.max(1e-300, 1 - whole.probability(best.tokens[0]!))
  for (const token of [...best.tokens, ...tokens])
    close(readout.probability(token), whole.probability(token), rest, `the probability of ${token}`)
  close(readout.entropy(), whole.entropy(), Math.max(rest, whole.entropy()), "the entropy")
}

test("a readout tells of a row what the whole row does, at any temperature of its logits and with ties", () => {
  fc.assert(
    fc.property(rows, ({ logits, without, named }) => {
      const tokens = [without, ...named]
      const possible = logits.slice()
      possible[without] = -Infinity
      compare(read(logits, 9, tokens, { without }), logitsDistribution(possible), tokens)
      const few = read(logits, 9, tokens, { without, entropy: false })
      for (const token of tokens)
        assert.equal(few.probability(token), read(logits, 9, tokens, { without }).probability(token))
      assert.throws(() => few.entropy(), { code: "decode.not-read", fault: "bug" })
    }),
  )
})

test("a confidence that rounds to 1 in 32 bits still tells how far from 1 it is", () => {
  const logits = new Float32Array(64).fill(-20)
  logits[5] = 8
  const readout = (row: Float32Array): Distribution => read(row, 9, [])
  const more = logits.slice()
  more[5] = 9
  assert.ok(readout(more).probability(5) > readout(logits).probability(5))
  assert.ok(readout(more).entropy() < readout(logits).entropy())
  assert.equal(Math.fround(readout(logits).probability(5)), 1)
})

test("a token ruled out that was impossible anyway takes nothing from the rest", () => {
  const logits = Float32Array.from({ length: 20 }, (_, i) => i / 4).with(3, -Infinity)
  compare(read(logits, 5, [3], { without: 3 }), logitsDistribution(logits), [3])
})

test("a readout of all tokens leaves nothing over", () => {
  const logits = Float32Array.of(1, 3, 3, 0)
  const readout = read(logits, 4, [0], { without: 0 })
  assert.deepEqual([...readout.topK(9).tokens], [1, 2, 3])
  const sum = [0, 1, 2, 3].reduce((total, token) => total + readout.probability(token), 0)
  assert.ok(Math.abs(sum - 1) < 1e-12)
  assert.equal(readout.probability(0), 0)
})

test("a readout says that it does not know what was not read, and that a logit is no number", () => {
  const logits = Float32Array.from({ length: 20 }, (_, i) => -i)
  const readout = read(logits, 5, [17])
  assert.ok(readout.probability(17) > 0)
  for (const ask of [
    () => readout.probability(12),
    () => readout.topK(6),
    () => readout.draw(0.5),
    () => readout.support(),
  ])
    assert.throws(ask, { code: "decode.not-read", fault: "bug" })
  logits[19] = NaN
  for (const entropy of [false, true])
    assert.throws(() => read(logits, 5, [], { entropy }), { code: "decode.not-a-number" })
  assert.throws(() => argmaxOf(argmaxRow(logits)), { code: "decode.not-a-number" })
  assert.throws(() => argmaxOf(Float32Array.of(0, -Infinity, -Infinity)), { code: "decode.nothing-possible" })
})

test("the greatest logit is the one of the whole row", () => {
  fc.assert(
    fc.property(rows, ({ logits }) => {
      assert.equal(argmaxOf(argmaxRow(logits)), argmax(logits))
    }),
  )
})

test("rows stay whole where the sampler looks at them or the model has nothing else", () => {
  const sampler: Sampler = { order: "any", greedy: true, process: (logits) => logitsDistribution(logits, 0) }
  const model = (outputs: readonly string[]): Pick<Model, "info"> =>
    ({ info: { outputs, vocabularySize: 4 } }) as unknown as Model
  const reads = { ...sampler, temperature: 0 }
  assert.equal(rowReader(model(["logits", "argmax"]), sampler).output, "logits")
  assert.equal(rowReader(model(["logits"]), reads).output, "logits")
  assert.equal(rowReader(model(["logits", "argmax"]), reads).output, "argmax")
})
