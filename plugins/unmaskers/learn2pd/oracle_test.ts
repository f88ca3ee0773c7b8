import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { fixedCount } from "@parade/fixed-count"
import { denoisingLoop, greedySampler, maskedModel } from "@parade/test"
import * as Effect from "effect/Effect"
import type { Unmasker } from "@parade/denoising"
import { oracle, type OracleRecord } from "./recipe-mod.ts"

const [block, length] = [4, 12]

const loop = (unmasker: Unmasker, seed: number) =>
  Effect.runPromise(
    denoisingLoop({
      // Ties and strong coupling, so that predictions change as positions are filled.
      model: maskedModel({ vocabularySize: 9, seed, coupling: 3, spread: 1 }),
      unmasker,
      schedule: blocks({ length: block }),
      sampler: greedySampler,
      prompt: [1, 2],
      length,
      seed,
    }),
  )

const seeds = Array.from({ length: 12 }, (_, i) => i + 1)

test("An oracle writes the reference in no more steps than there are tokens, forced or not.", async () => {
  let [forced, steps] = [0, 0]
  for (const seed of seeds) {
    const { cells } = await loop(fixedCount({ by: "confidence" }), seed)
    const record: OracleRecord = { examples: [], forced: 0 }
    const replayed = await loop(
      oracle((position) => cells[position]!, block, record),
      seed,
    )
    assert.deepEqual(replayed.cells, cells)
    assert.ok(replayed.rounds.length <= length)
    assert.equal(record.examples.length, replayed.rounds.length)
    steps += replayed.rounds.length
    forced += record.forced
  }
  assert.ok(steps < seeds.length * length)
  assert.ok(forced > 0, "no block had to be forced, so nothing was tried of it")
})

test("A state that is told is the one that was decoded: what is masked, what is predicted, and whether it is right.", async () => {
  let filledWrong = 0
  for (const seed of seeds) {
    const { cells } = await loop(fixedCount({ by: "confidence" }), seed)
    const record: OracleRecord = { examples: [], forced: 0 }
    const { rounds } = await loop(
      oracle((position) => cells[position]!, block, record),
      seed,
    )
    record.examples.forEach(({ confidences, labels, masked }, i) => {
      const { view, edit } = rounds[i]!
      const { start } = view.stage.block
      for (let at = 0; at < block; at++) {
        assert.equal(masked[at], Number(view.cells[start + at] === -1))
        assert.ok(confidences[at]! > 0 && confidences[at]! <= 1)
        // What is right is filled, and nothing else unless the block is forced.
        if (masked[at] === 1 && labels[at] === 1) assert.ok(edit.positions.includes(start + at))
        if (masked[at] === 0 && labels[at] === 0) filledWrong++
      }
    })
  }
  // A filled position need not be predicted again.
  assert.ok(filledWrong > 0)
})
