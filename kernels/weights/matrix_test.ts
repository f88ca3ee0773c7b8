import { type WeightsError } from "@parade/core"
import type { Matrix } from "@parade/graph"
import * as fc from "fast-check"
import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { needs, shared } from "./_shared-test-files.ts"
import { makeTensor } from "./_tensor.ts"
import { readGguf } from "./gguf.ts"
import { matrixOf } from "./matrix.ts"
import { concatRows, scaleRows, takeRows } from "./matrix-rows.ts"
import { matrixValues } from "./matrix-values.ts"
import type { WeightTensor } from "./tensor.ts"

const fixtures = join(shared, "fixtures/gguf/valid")
const withFixtures = needs("fixtures/gguf")

const floats = (rows: number, columns: number, value: (i: number) => number, name = "w"): WeightTensor => {
  const bytes = new Uint8Array(Float32Array.from({ length: rows * columns }, (_, i) => value(i)).buffer)
  return makeTensor({
    name,
    shape: [rows, columns],
    type: "F32",
    quantisation: undefined,
    byteLength: bytes.length,
    identity: name,
    read: (begin, end) => bytes.slice(begin, end),
  })
}

const noise = (seed: number) => (i: number) => Math.sin(seed + i * 12.9898) * Math.cos(i * 78.233)

const bits = (matrix: Matrix): number => (matrix.kind === "blocks" ? matrix.bits : 32)

const eachQuantised = (body: (tensor: WeightTensor) => void): void => {
  let seen = 0
  for (const name of readdirSync(fixtures).filter((file) => /^[A-Z].*\.gguf$/.test(file))) {
    const file = readGguf(join(fixtures, name))
    for (const tensor of file.tensors.values())
      if (tensor.quantisation !== undefined) {
        body(tensor)
        seen++
      }
    file.close()
  }
  assert.ok(seen >= 2 * 23)
}

/** The worst difference, as a part of the greatest magnitude of its group. */
const worst = (values: Float32Array, expected: Float32Array, group: number): number => {
  let worst = 0
  for (let at = 0; at < values.length; at += group) {
    const part = expected.subarray(at, at + group)
    const greatest = part.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30)
    for (let i = 0; i < group; i++) worst = Math.max(worst, Math.abs(values[at + i]! - part[i]!) / greatest)
  }
  return worst
}

test("blocks without minima become matrices exactly", withFixtures, () =>
  eachQuantised((tensor) => {
    if (tensor.quantisation!.hasMinima) return
    for (const dtype of ["auto", "q8"] as const) {
      const matrix = matrixOf(tensor, dtype)
      assert.equal(matrix.kind, "blocks")
      assert.deepEqual(matrixValues(matrix), tensor.values(), `${tensor.type} ${dtype}`)
    }
  }),
)

test("blocks with minima become matrices within half an 8-bit step", withFixtures, () =>
  eachQuantised((tensor) => {
    if (!tensor.quantisation!.hasMinima) return
    const matrix = matrixOf(tensor)
    assert.ok(matrix.kind === "blocks" && matrix.hasZeros && matrix.bits === 8)
    const error = worst(matrixValues(matrix), tensor.values(), matrix.block)
    assert.ok(error <= 1 / 253, `${tensor.type}: ${error}`)
  }),
)

test("formats of four bits keep four bits, unless eight are asked for", withFixtures, () =>
  eachQuantised((tensor) => {
    const small = ["Q4_0", "Q3_K", "TQ1_0", "TQ2_0"].includes(tensor.type)
    assert.equal(bits(matrixOf(tensor)), small ? 4 : 8, tensor.type)
    assert.equal(bits(matrixOf(tensor, "q8")), 8)
    assert.equal(bits(matrixOf(tensor, "q4")), 4)
    assert.equal(matrixOf(tensor, "fp32").kind, "dense")
  }),
)

test(
  "a real Q4_1 matrix moves by a small part of a step, its Q8_0 neighbour not at all",
  needs("models"),
  () => {
    const file = readGguf(join(shared, "models/SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf"))
    const tensor = file.tensors.get("blk.3.attn_k.weight")!
    const matrix = matrixOf(tensor)
    const [values, expected] = [matrixValues(matrix), tensor.values()]
    const bytes = tensor.bytes()
    let squares = 0
    for (let i = 0; i < values.length; i++) {
      const block = Math.floor(i / 32) * 20
      const exponent = ((bytes[block + 1]! << 8) | bytes[block]!) >> 10
      const step = 2 ** (exponent - 15)
      squares += ((values[i]! - expected[i]!) / step) ** 2
    }
    assert.ok(Math.sqrt(squares / values.length) < 0.012)
    const head = file.tensors.get("token_embd.weight")!
    const slice = { ...head, shape: [64, 576], byteLength: 64 * 18 * 34 }
    assert.deepEqual(matrixValues(matrixOf(slice)), head.values().subarray(0, 64 * 576))
    file.close()
  },
)

test("floats stay floats, and are rounded to blocks only on demand", () => {
  const tensor = floats(6, 64, noise(1))
  assert.equal(matrixOf(tensor).kind, "dense")
  assert.deepEqual(matrixValues(matrixOf(tensor)), tensor.values())
  assert.ok(worst(matrixValues(matrixOf(tensor, "q8")), tensor.values(), 32) <= 1 / 253)
  const four = matrixOf(tensor, "q4")
  assert.ok(four.kind === "blocks" && four.bits === 4 && !four.hasZeros)
  assert.ok(worst(matrixValues(four), tensor.values(), 32) <= 1 / 7)
  assert.equal(matrixOf(floats(6, 40, noise(1)), "q8").kind, "dense")
})

test("the search for a 4-bit scale beats the scale that meets the extreme value", () => {
  const tensor = floats(40, 64, noise(2))
  const expected = tensor.values()
  const values = matrixValues(matrixOf(tensor, "q4"))
  let searched = 0
  let plain = 0
  for (let at = 0; at < expected.length; at += 32) {
    const part = expected.subarray(at, at + 32)
    const extreme = part.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
    const scale = extreme / -8
    for (let i = 0; i < 32; i++) {
      const level = Math.max(-8, Math.min(7, Math.round(part[i]! / scale)))
      plain += (level * scale - part[i]!) ** 2
      searched += (values[at + i]! - part[i]!) ** 2
    }
  }
  assert.ok(searched < 0.95 * plain, `${searched} against ${plain}`)
})

test("blocks of zeros and of one value survive rounding", () => {
  for (const value of [0, 3, -0.001]) {
    const tensor = floats(1, 32, () => value)
    for (const dtype of ["q8", "q4"] as const)
      assert.ok(worst(matrixValues(matrixOf(tensor, dtype)), tensor.values(), 32) < 1e-6, `${value} ${dtype}`)
  }
})

test("a number that is not finite is refused by name", () => {
  for (const bad of [NaN, Infinity, -Infinity])
    for (const dtype of ["auto", "fp32", "q8", "q4"] as const)
      assert.throws(
        () =>
          matrixValues(
            matrixOf(
              floats(2, 32, (i) => (i === 37 ? bad : 1), "model.norm"),
              dtype,
            ),
          ),
        (error: WeightsError) => error.code === "weights.not-finite" && error.path === "model.norm",
      )
})

test("a tensor without two dimensions is no matrix", () => {
  assert.throws(() => matrixOf({ ...floats(2, 32, noise(0)), shape: [64] }), { code: "weights.not-a-matrix" })
})

test("blocks with minima and codes of 4 bits become matrices with offsets exactly", withFixtures, () => {
  const forms = new Set<string>()
  eachQuantised((tensor) => {
    const matrix = matrixOf(tensor, "auto", "offsets")
    if (matrix.kind !== "blocks" || matrix.hasOffsets !== true) return
    forms.add(tensor.type)
    assert.equal(matrix.bits, 4)
    const error = worst(matrixValues(matrix), tensor.values(), matrix.block)
    assert.ok(error <= 1e-6, `${tensor.type}: ${error}`)
  })
  assert.deepEqual([...forms].sort(), ["Q2_K", "Q4_1", "Q4_K"])
})

const anyMatrix = (columns: number): fc.Arbitrary<Matrix> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(99),
      fc.constantFrom("fp32", "q8", "q4", "16", "zeros", "offsets"),
    )
    .map(([rows, seed, form]): Matrix => {
      const tensor = floats(rows, columns, noise(seed), `${rows}.${seed}`)
      if (form !== "16" && form !== "zeros" && form !== "offsets") return matrixOf(tensor, form as "q8")
      const block = form === "16" ? 16 : 64
      const codes = Uint8Array.from({ length: rows * columns }, (_, i) => (seed + i * 7) % 256)
      const scales = Float32Array.from({ length: codes.length / block }, (_, i) => noise(seed)(i))
      const zeros = Uint8Array.from(scales, (_, i) => (seed * i) % 256)
      // Halves of small integers, so that sums with them are exact in float32.
      const offsets = scales.map((_, i) => ((seed + i) % 9) / 2)
      if (form === "offsets") scales.fill(0.25)
      const hasZeros = form === "zeros"
      const hasOffsets = form === "offsets"
      const identity = `${form}.${seed}`
      const parts = () => ({ codes, scales, ...(hasZeros && { zeros }), ...(hasOffsets && { offsets }) })
      return { kind: "blocks", rows, columns, bits: 8, block, identity, hasZeros, hasOffsets, parts }
    })

test("joining, taking and scaling rows is exact in every mixture of forms", () => {
  fc.assert(
    fc.property(
      fc.array(anyMatrix(64), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(1000), { maxLength: 6 }),
      (matrices, picks) => {
        const joined = concatRows(matrices)
        const expected = matrices.flatMap((matrix) => [...matrixValues(matrix)])
        assert.deepEqual([...matrixValues(joined)], expected)
        const order = picks.map((pick) => pick % joined.rows)
        const taken = takeRows(joined, order)
        assert.deepEqual(
          [...matrixValues(taken)],
          order.flatMap((row) => expected.slice(row * 64, (row + 1) * 64)),
        )
        const halved = scaleRows(joined, 0.5)
        assert.deepEqual(
          [...matrixValues(halved)],
          expected.map((value) => value / 2),
        )
        const factors = Float32Array.from({ length: joined.rows }, (_, row) => 2 ** (row % 3))
        assert.deepEqual(
          [...matrixValues(scaleRows(joined, factors))],
          expected.map((value, i) => value * factors[Math.floor(i / 64)]!),
        )
        assert.deepEqual([...matrixValues(joined)], expected, "the matrices themselves are left alone")
        const names = [joined, taken, halved, scaleRows(joined, factors)].map(({ identity }) => identity)
        assert.equal(new Set(names).size, names.length)
      },
    ),
    { numRuns: 60 },
  )
})

test("rows that do not fit are refused", () => {
  const matrix = matrixOf(floats(2, 32, noise(0)))
  const wide = matrixOf(floats(2, 64, noise(0)))
  for (const wrong of [
    () => concatRows([matrix, wide]),
    () => concatRows([]),
    () => takeRows(matrix, [2]),
    () => scaleRows(matrix, new Float32Array(3)),
  ])
    assert.throws(wrong, { code: "weights.shape-mismatch" })
})

test("nothing is read before it is asked for", () => {
  const refuse = (): never => assert.fail("read too early")
  const tensor = { ...floats(2, 32, noise(0)), bytes: refuse, values: refuse }
  for (const dtype of ["auto", "q8", "q4"] as const)
    scaleRows(takeRows(concatRows([matrixOf(tensor, dtype), matrixOf(tensor, dtype)]), [3, 0]), 0.125)
})
