import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import * as fc from "fast-check"
import { autoregressiveness, filledByRound, sequentialDependence } from "./mod.ts"

test("From left to right everything is leftmost, whatever a step fills; from right to left the last alone.", () => {
  assert.equal(autoregressiveness([[0], [1], [2], [3]]), 1)
  assert.equal(
    autoregressiveness([
      [1, 0],
      [3, 2],
    ]),
    1,
  )
  assert.equal(autoregressiveness([[3], [2], [1], [0]]), 0.25)
  assert.equal(autoregressiveness([]), 0)
})

test("It never falls as more of the leftmost count, up to all.", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 20 }), (order) => {
      const rounds = order.map((position) => [position])
      const shares = order.map((_, k) => autoregressiveness(rounds, k + 1))
      shares.forEach((share, i) => assert.ok(i === 0 || share >= shares[i - 1]!))
      assert.equal(shares.at(-1), 1)
    }),
  )
})

test("At random it is what chance gives: the mean of one over the number masked.", () => {
  const length = 24
  let sum = 0
  const runs = 2000
  for (let run = 0; run < runs; run++) {
    const order = Array.from({ length }, (_, i) => i)
    for (let i = length - 1; i > 0; i--) {
      const j = Math.floor(uniform(7, "noise", run * length + i, 0) * (i + 1))
      const moved = order[i]!
      order[i] = order[j]!
      order[j] = moved
    }
    sum += autoregressiveness(order.map((position) => [position])) / runs
  }
  const expected =
    Array.from({ length }, (_, i) => 1 / (i + 1)).reduce((total, share) => total + share, 0) / length
  assert.ok(Math.abs(sum - expected) < 0.005, `${sum}, not ${expected}`)
})

test("Rounds are read from events, without what was given.", () => {
  const committed = (position: number, proposers: readonly (string | null)[]) => ({
    type: "committed",
    position,
    proposers,
  })
  const events = [
    committed(0, ["given"]),
    { type: "started" },
    committed(3, [null, null]),
    committed(1, [null, "given"]),
    { type: "round" },
    { type: "cut" },
    committed(5, [null]),
    { type: "round" },
  ]
  assert.deepEqual(filledByRound(events), [[3, 4, 1], [5]])
})

test("Segments that do not need each other have no dependence, those that follow from each other have.", () => {
  assert.equal(sequentialDependence([{ given: -3, alone: -3 }]), 0)
  const independent = [-3, -4, -5].map((nats) => ({ given: nats, alone: nats }))
  assert.equal(sequentialDependence(independent), 0)
  const chain = [
    { given: -3, alone: -3 },
    { given: -1, alone: -4 },
    { given: -2, alone: -3 },
  ]
  assert.equal(sequentialDependence(chain), 2)
})
