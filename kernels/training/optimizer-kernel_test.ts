import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { OptimizerKernel } from "./_optimizer-kernel.ts"
import type { AdamWScalars } from "./_optimizer-kernel.ts"

const f = Math.fround
const kernel = new OptimizerKernel()

/** None, fewer than four, a part of the kernel's memory, all of it, and a little more. */
const lengths = [0, 1, 3, 4, 4095, 4096, 4097, 10_001]

const floats = (length: number, seed: number, from = -1): Float32Array =>
  Float32Array.from({ length }, (_, i) => from + (1 - from) * uniform(seed, "noise", i))

test("AdamW over four floats at a time has the bits of one float after another", () => {
  const scalars: AdamWScalars = [0.9, 0.07, 0.95, 0.02, 1e-8, 0.003, 0.9999]
  const [beta1, a, beta2, b, epsilon, size, kept] = scalars.map(f) as [...AdamWScalars]
  for (const length of lengths) {
    const [value, gradient, first] = [1, 2, 3].map((seed) => floats(length, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const second = floats(length, 4, 0)
    const expected = Array.from(value, (p, i) => {
      const m = f(f(first[i]! * beta1) + f(gradient[i]! * a))
      const v = f(f(second[i]! * beta2) + f(f(gradient[i]! * gradient[i]!) * b))
      const move = f(f(m / f(f(Math.sqrt(v)) + epsilon)) * size)
      return [f(f(p * kept) - move), m, v]
    })
    const given = gradient.slice()
    kernel.adamW({ value, gradient, first, second }, scalars)
    assert.deepEqual(
      Array.from(value, (p, i) => [p, first[i], second[i]]),
      expected,
    )
    assert.deepEqual(gradient, given)
  }
})

test("a sum of squares is that of doubles, and one array is blended into another", () => {
  for (const length of lengths) {
    const [x, y] = [floats(length, 5), floats(length, 6)]
    const expected = x.reduce((sum, value) => sum + value * value, 0)
    assert.ok(Math.abs(kernel.squares(x) - expected) <= 1e-12 * expected, `${length}`)
    const blended = Array.from(x, (value, i) => f(f(value * f(0.3)) + f(y[i]! * f(0.7))))
    kernel.blend(x, 0.3, y, 0.7)
    assert.deepEqual(Array.from(x), blended)
  }
  assert.equal(kernel.squares(Float32Array.of(1, Number.NaN, 2)), Number.NaN)
  assert.equal(kernel.squares(Float32Array.of(3e38, 3e38)), 2 * f(3e38) ** 2)
})
