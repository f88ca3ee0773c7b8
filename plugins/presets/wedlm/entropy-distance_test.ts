import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, fills } from "@parade/test"
import * as fc from "fast-check"
import { entropyDistance } from "./mod.ts"

const half = [0.5, 0.5, 0, 0]
const sure = [1, 0, 0, 0]
const flat = [0.25, 0.25, 0.25, 0.25]

test("the entropy in nats has to be less than the threshold, or it is the lowest", () => {
  const rule = (threshold: number) => entropyDistance({ threshold, penalty: 0 })
  const view = canvasView([flat, half, sure, half])
  assert.deepEqual(fills(rule(0.7), view), [1, 2, 3])
  assert.deepEqual(fills(rule(0.5), view), [2])
  assert.deepEqual(fills(rule(0), view), [2])
  assert.deepEqual(fills(rule(0), canvasView([flat, half, half])), [1])
})

test("the penalty grows with the distance from the first mask", () => {
  // Entropies ln 2 = 0.693 at 0 and 3; penalised 0.693 and 0.693 + 3 λ.
  const view = canvasView([half, flat, flat, half])
  assert.deepEqual(fills(entropyDistance({ threshold: 0.8, penalty: 0.03 }), view), [0, 3])
  assert.deepEqual(fills(entropyDistance({ threshold: 0.8, penalty: 0.04 }), view), [0])
  // Without a threshold the first wins as soon as the penalty outweighs the difference.
  const two = canvasView([half, sure])
  assert.deepEqual(fills(entropyDistance({ threshold: 0, penalty: 0.6 }), two), [1])
  assert.deepEqual(fills(entropyDistance({ threshold: 0, penalty: 0.7 }), two), [0])
  assert.deepEqual(fills(entropyDistance({ threshold: 0.4, penalty: 1e6 }), canvasView([flat, sure])), [0])
})

test("a higher threshold fills at least what a lower one does", () => {
  const row = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 1.5, noNaN: true }),
      fc.double({ min: 0, max: 1.5, noNaN: true }),
      fc.double({ min: 0, max: 0.3, noNaN: true }),
      (rows, a, b, penalty) => {
        const law = rows.map((weights) => {
          const sum = weights.reduce((total, weight) => total + weight, 0)
          return weights.map((weight) => weight / sum)
        })
        const view = canvasView(law)
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const more = fills(entropyDistance({ threshold: high, penalty }), view)
        for (const position of fills(entropyDistance({ threshold: low, penalty }), view))
          assert.ok(more.includes(position))
      },
    ),
    { numRuns: 50 },
  )
})
