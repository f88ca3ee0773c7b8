import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { floatsFromHalf, halfFromFloats, halfValues } from "./_half.ts"
import { floatBytes, floatsOfBytes, floatTensor } from "./float-bytes.ts"

test("Every half goes to a float and back.", () => {
  const finite = [...halfValues().keys()].filter((bits) => !Number.isNaN(halfValues()[bits]!))
  assert.deepEqual([...halfFromFloats(finite.map((bits) => halfValues()[bits]!))], finite)
})

test("A float becomes the nearest half, the even one of two.", () => {
  const positive = halfValues().subarray(0, 0x7c00)
  fc.assert(
    fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), (value) => {
      const bits = halfFromFloats([value])[0]!
      const distance = Math.abs(positive[bits]! - value)
      for (const other of [bits - 1, bits + 1]) {
        if (other < 0 || other >= positive.length) continue
        const otherDistance = Math.abs(positive[other]! - value)
        assert.ok(distance < otherDistance || (distance === otherDistance && bits % 2 === 0), String(value))
      }
      assert.equal(halfFromFloats([-value])[0], bits | 0x8000)
    }),
    { numRuns: 2000 },
  )
})

test("What half precision cannot hold becomes infinite, and no number stays none.", () => {
  assert.deepEqual([...halfFromFloats([65520, -1e9, Infinity])], [0x7c00, 0xfc00, 0x7c00])
  assert.ok(Number.isNaN(floatsFromHalf(halfFromFloats([NaN]), new Float32Array(1))[0]))
})

test("Bytes are those of the view, not of what lies around it.", () => {
  const values = Float32Array.of(9, 1, -2, 9).subarray(1, 3)
  assert.deepEqual(new Float32Array(floatBytes(values, "F32").slice().buffer), Float32Array.of(1, -2))
  assert.deepEqual(new Uint16Array(floatBytes(values, "F16").buffer), Uint16Array.of(0x3c00, 0xc000))
})

test("Bytes go back to floats, as they are held.", () => {
  const values = Float32Array.of(1, -2.5, 1000, 0.1)
  assert.deepEqual(floatsOfBytes(floatBytes(values, "F32"), "F32"), values)
  const halves = floatsOfBytes(floatBytes(values, "F16"), "F16")
  assert.deepEqual(halves.subarray(0, 3), values.subarray(0, 3))
  assert.ok(Math.abs(halves[3]! - 0.1) < 1e-4)
})

test("A tensor of floats has their bytes.", () => {
  const values = Float32Array.of(1, -2, 3, 4)
  const { bytes, ...rest } = floatTensor("w", "F16", [2, 2], values)
  assert.deepEqual(rest, { name: "w", type: "F16", shape: [2, 2] })
  assert.deepEqual(bytes(), floatBytes(values, "F16"))
})
