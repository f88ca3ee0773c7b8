import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { entropyThreshold } from "@parade/entropy-threshold"
import { fixedCount } from "@parade/fixed-count"
import type { Unmasker } from "@parade/denoising"
import { canvasView, denoisingLoop, fills, greedySampler, maskedModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"

const [canvas, block, vocabularySize] = [12, 4, 9]
const seeds = [1, 2, 3, 4, 5, 6]

const decode = (unmasker: Unmasker, seed: number) =>
  Effect.runPromise(
    denoisingLoop({
      model: maskedModel({ vocabularySize, seed, spread: 4 }),
      unmasker,
      schedule: blocks({ length: block }),
      sampler: greedySampler,
      prompt: [1, 2],
      length: canvas,
      seed,
    }),
  )

test("Between a forward for each block and one for each position; tokens stand, and nothing is written behind the block.", async () => {
  for (const threshold of [0.1, 0.5, 1])
    for (const seed of seeds) {
      const { cells, rounds } = await decode(entropyThreshold({ threshold }), seed)
      assert.ok(rounds.length >= canvas / block && rounds.length <= canvas)
      rounds.forEach(({ view, edit }) => {
        assert.ok(edit.positions.length > 0)
        for (const position of edit.positions) {
          assert.equal(view.cells[position], -1)
          assert.ok(position < view.stage.block.end)
        }
        view.cells.forEach((cell, position) => assert.ok(cell === -1 || cell === cells[position]))
      })
    }
})

test("A threshold below every entropy fills the lowest one at a time; one of all the vocabulary's fills a block per forward.", async () => {
  for (const seed of seeds) {
    const low = await decode(entropyThreshold({ threshold: 0 }), seed)
    const plain = await decode(fixedCount({ by: "entropy" }), seed)
    assert.deepEqual(
      low.rounds.map(({ edit }) => edit),
      plain.rounds.map(({ edit }) => edit),
    )
    assert.equal(low.rounds.length, canvas)
    const high = await decode(entropyThreshold({ threshold: Math.log(vocabularySize) }), seed)
    assert.equal(high.rounds.length, canvas / block)
  }
})

test("What a threshold fills in a step, a higher one fills too.", () => {
  const row = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b)))
  const threshold = fc.double({ min: 0, max: 1.5, noNaN: true })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), threshold, threshold, (rows, a, b) => {
      const view = canvasView(rows)
      const more = fills(entropyThreshold({ threshold: Math.max(a, b) }), view)
      for (const position of fills(entropyThreshold({ threshold: Math.min(a, b) }), view))
        assert.ok(more.includes(position))
    }),
  )
})
