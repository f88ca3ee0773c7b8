import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import {
  addDimensions,
  evaluateDimension,
  multiplyDimensions,
  sameDimension,
  substituteDimension,
} from "./dimension.ts"
import type { Dimension } from "./graph.ts"

const dimension: fc.Arbitrary<Dimension> = fc.letrec<{ all: Dimension }>((tie) => ({
  all: fc.oneof(
    { maxDepth: 3 },
    fc.nat(5),
    fc.constantFrom("C", "T", "heads.0"),
    fc.tuple(tie("all"), tie("all")).map(([a, b]) => addDimensions(a, b)),
    fc.tuple(tie("all"), tie("all")).map(([a, b]) => multiplyDimensions(a, b)),
  ),
})).all

test("sums and products of dimensions mean the sums and products of what they stand for", () => {
  fc.assert(
    fc.property(dimension, dimension, fc.nat(7), fc.nat(7), fc.nat(7), (a, b, C, T, heads) => {
      const names = new Map([
        ["C", C],
        ["T", T],
        ["heads.0", heads],
      ])
      const at = (size: Dimension): number => evaluateDimension(size, names)
      assert.equal(at(addDimensions(a, b)), at(a) + at(b))
      assert.equal(at(multiplyDimensions(a, b)), at(a) * at(b))
    }),
  )
})

test("dimensions are equal however they are written", () => {
  assert.ok(sameDimension("C+T", "T + C"))
  assert.ok(sameDimension("3*T", addDimensions("T", "2*T")))
  assert.ok(sameDimension(multiplyDimensions("C+1", "C+1"), "C*C+2*C+1"))
  assert.ok(sameDimension(addDimensions("C+T", "-C"), "T"))
  assert.ok(!sameDimension("C", "T"))
  assert.ok(!sameDimension("T", 1))
  assert.equal(addDimensions("C", "T"), "C+T")
  assert.equal(multiplyDimensions(3, "T"), "3*T")
  assert.equal(addDimensions("T-2", 2), "T")
})

test("what is no dimension is refused", () => {
  for (const wrong of ["", "3T", "C+", "T*", "?", -1, 0.5, Number.NaN])
    assert.throws(() => addDimensions(wrong, "T"), { code: "graph.bad-dimension" }, String(wrong))
  assert.throws(() => evaluateDimension("T", new Map()), { code: "graph.bad-dimension" })
})

test("names are replaced by numbers and by other dimensions", () => {
  const names = new Map<string, number | string>([
    ["T", "B*L"],
    ["C", 0],
  ])
  assert.equal(substituteDimension("C+T", names), "B*L")
  assert.equal(substituteDimension("3*T-C+1", names), "3*B*L+1")
  assert.equal(substituteDimension("R", names), "R")
  assert.equal(
    substituteDimension(
      "2*T-T*R",
      new Map([
        ["T", 5],
        ["R", 1],
      ]),
    ),
    5,
  )
})
