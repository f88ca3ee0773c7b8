import assert from "node:assert/strict"
import { test } from "node:test"
import { weightsFingerprint } from "./_weights-fingerprint.ts"

type Tensors = Parameters<typeof weightsFingerprint>[0]["tensors"]

const checkpoint = (parts: Readonly<Record<string, readonly [readonly number[], readonly number[]]>>) => ({
  tensors: new Map(
    Object.entries(parts).map(([name, [shape, values]]) => [
      name,
      { name, shape, values: () => Float32Array.from(values) },
    ]),
  ) as unknown as Tensors,
})

const norm = [1, 0.5, -2.25, 0.0078125]

test("the fingerprint is that of norms and biases, in whatever order and form the rest is held", () => {
  const first = checkpoint({
    "a.norm": [[4], norm],
    "b.bias": [[1], [3]],
    "c.weight": [
      [1, 2],
      [1, 2],
    ],
  })
  const other = checkpoint({
    "c.weight": [
      [1, 2],
      [1.1, 2.1],
    ],
    "b.bias": [[1], [3]],
    "a.norm": [[4], norm],
  })
  assert.equal(weightsFingerprint(first), weightsFingerprint(other))
  const table = checkpoint({ "a.norm": [[4], norm], "b.bias": [[1], [3]], "rope_freqs.weight": [[1], [9]] })
  assert.equal(weightsFingerprint(first), weightsFingerprint(table))
})

test("further training changes it, what 16 bits do not hold does not", () => {
  const of = (values: readonly number[]) => weightsFingerprint(checkpoint({ "a.norm": [[4], values] }))
  assert.equal(of(norm), of(norm.map((value) => Math.fround(value * (1 + 1e-4)))))
  assert.notEqual(of(norm), of(norm.with(2, -2.2)))
})
