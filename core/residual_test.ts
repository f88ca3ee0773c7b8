import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import {
  denseDistribution,
  type Distribution,
  logitsDistribution,
  pointDistribution,
  residual,
  without,
} from "./mod.ts"

const size = 6
const weights = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: size, maxLength: size })
  .filter((all) => all.some((weight) => weight > 0))
const distribution = fc.oneof(
  weights.map((all) => denseDistribution(Float64Array.from(all))),
  weights.map((all) => logitsDistribution(Float32Array.from(all, Math.log))),
  fc.nat(size - 1).map((token) => pointDistribution(size, token)),
)

const array = (d: Distribution): number[] => Array.from({ length: size }, (_, token) => d.probability(token))

test("accepting by min(1, p/q), else drawing from the residual, gives p", () => {
  fc.assert(
    fc.property(distribution, distribution, (p, q) => {
      const rest = array(residual(p, q))
      const accepted = array(q).map((probability, token) => Math.min(probability, p.probability(token)))
      const rejected = 1 - accepted.reduce((a, b) => a + b, 0)
      array(p).forEach((probability, token) =>
        assert.ok(Math.abs(accepted[token]! + rejected * rest[token]! - probability) < 1e-9),
      )
    }),
  )
})

test("the residual of equal distributions falls back to p", () => {
  fc.assert(
    fc.property(distribution, (p) => {
      assert.equal(residual(p, p), p)
    }),
  )
})

test("removing a token leaves the others in proportion", () => {
  fc.assert(
    fc.property(distribution, fc.nat(size - 1), (p, token) => {
      const left = without(p, token)
      const mass = 1 - p.probability(token)
      if (mass < 1e-12) return assert.equal(left, undefined)
      assert.ok(left !== undefined)
      array(left).forEach((probability, other) =>
        assert.ok(Math.abs(probability - (other === token ? 0 : p.probability(other) / mass)) < 1e-9),
      )
    }),
  )
})

test("a removed token is never drawn", () => {
  const left = without(denseDistribution(Float64Array.of(1, 1, 1, 1)), 2)!
  for (let i = 0; i < 100; i++) assert.notEqual(left.draw(i / 100), 2)
  assert.equal(left.support().tokens.length, 3)
})
