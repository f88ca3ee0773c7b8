import assert from "node:assert/strict"
import test from "node:test"
import fc from "fast-check"
import type { Rotary } from "./architecture.ts"
import { rotaryFrequencies } from "./rotary.ts"

const plain = (base: number, width: number): Rotary => ({ base, width, scaling: { kind: "none" } })

/** Single precision has 24 bits, of which an exponent rounded to it costs some more. */
const near = (actual: number, expected: number, what: string, tolerance = 1e-6): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * expected, `${what}: ${actual} for ${expected}`)

const anyRotary = fc.record({
  base: fc.double({ min: 1.5, max: 1e7, noNaN: true }),
  width: fc.integer({ min: 1, max: 64 }).map((half) => 2 * half),
})

test("The pair i turns by base^(-2i/width) radians a position (RoFormer, equation 15).", () => {
  assert.deepEqual([...rotaryFrequencies(plain(10000, 8))], [1, 0.1, 0.01, 0.001].map(Math.fround))
  fc.assert(
    fc.property(anyRotary, ({ base, width }) => {
      const frequencies = rotaryFrequencies(plain(base, width))
      assert.equal(frequencies.length, width / 2)
      frequencies.forEach((frequency, i) => near(frequency, base ** ((-2 * i) / width), `pair ${i}`))
    }),
  )
})

test("Linear scaling makes positions so many times denser.", () => {
  fc.assert(
    fc.property(anyRotary, fc.double({ min: 1, max: 100, noNaN: true }), (rotary, factor) => {
      const frequencies = rotaryFrequencies(plain(rotary.base, rotary.width))
      const scaled = rotaryFrequencies({ ...rotary, scaling: { kind: "linear", factor } })
      scaled.forEach((frequency, i) => near(frequency, frequencies[i]! / factor, `pair ${i}`))
    }),
  )
})

const llama32: Rotary = {
  base: 500_000,
  width: 64,
  scaling: {
    kind: "llama3",
    factor: 32,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContext: 8192,
  },
}

test("The scaling of Llama 3.2 keeps high frequencies, divides low ones and blends between.", () => {
  const frequencies = rotaryFrequencies(llama32)
  // By the published formula in double precision.
  for (const [pair, expected] of [
    [0, 1],
    [14, 0.003211445994752591],
    [15, 0.001290547928209264],
    [16, 0.00042955679655936815],
    [17, 9.70828780262767e-5],
    [18, 1.9461638184831125e-5],
    [31, 9.41830672543491e-8],
  ] as const)
    near(frequencies[pair]!, expected, `pair ${pair}`, 1e-5)
})

test("However it is set, that scaling lies between all and nothing, and falls from pair to pair.", () => {
  const settings = fc.record({
    factor: fc.double({ min: 1, max: 64, noNaN: true }),
    low: fc.double({ min: 0.5, max: 4, noNaN: true }),
    ratio: fc.double({ min: 1.1, max: 8, noNaN: true }),
    originalContext: fc.integer({ min: 64, max: 65536 }),
  })
  fc.assert(
    fc.property(anyRotary, settings, (rotary, { factor, low, ratio, originalContext }) => {
      const high = low * ratio
      const frequencies = rotaryFrequencies(plain(rotary.base, rotary.width))
      const scaled = rotaryFrequencies({
        ...rotary,
        scaling: {
          kind: "llama3",
          factor,
          lowFrequencyFactor: low,
          highFrequencyFactor: high,
          originalContext,
        },
      })
      scaled.forEach((frequency, i) => {
        const whole = frequencies[i]!
        const turns = (originalContext * whole) / (2 * Math.PI)
        if (turns > high * 1.00001) assert.equal(frequency, whole, `pair ${i} turns often enough`)
        if (turns < low / 1.00001) near(frequency, whole / factor, `pair ${i}`)
        assert.ok(frequency <= whole * 1.000001 && frequency >= (whole / factor) * 0.999999, `pair ${i}`)
        if (i > 0) assert.ok(frequency <= scaled[i - 1]! * 1.000001, `pair ${i} is above the one before`)
      })
    }),
  )
})
