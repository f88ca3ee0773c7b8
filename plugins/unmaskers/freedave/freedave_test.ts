import assert from "node:assert/strict"
import { test } from "node:test"
import type { CanvasView, Edit } from "@parade/denoising"
import { canvasView, confidenceRows, openUnmasker } from "@parade/test"
import * as fc from "fast-check"
import { freedave } from "./mod.ts"

const view = canvasView(confidenceRows([0.5, 0.9, 0.7, 0.8]))

/** The canvas as an edit leaves it, with other confidences of token 0, or of token 1 where negative. */
const after = ({ positions, tokens }: Edit, confidences: readonly number[]): CanvasView => {
  const rows = confidenceRows(confidences.map(Math.abs)).map((row, i) =>
    confidences[i]! < 0 ? [row[1]!, row[0]!, ...row.slice(2)] : row,
  )
  const open = rows.map((_, i) => i).filter((i) => !positions.includes(i))
  const seen = canvasView(rows, { groups: [open] })
  const cells = Int32Array.from(rows, (_, i) => (positions.includes(i) ? tokens[positions.indexOf(i)]! : -1))
  return { ...seen, state: { ...seen.state, cells } }
}

test("guesses are nested: each fills one position more, in the order of confidence or from the left", () => {
  const positions = (by: "confidence" | "position", drafts: number) =>
    openUnmasker(freedave({ drafts, by }), view)
      .propose(view)
      .map((edit) => edit.positions)
  assert.deepEqual(positions("confidence", 3), [[1], [1, 3], [1, 3, 2]])
  assert.deepEqual(positions("position", 2), [[0], [0, 1]])
  assert.equal(positions("confidence", 9).length, 4)
})

const settled = (confidences: readonly (readonly number[])[]): number => {
  const unmasking = openUnmasker(freedave({ drafts: 3, by: "confidence" }), view)
  const candidates = unmasking.propose(view)
  const best = unmasking.settle!(
    candidates,
    candidates.map((edit, k) => after(edit, confidences[k]!)),
  )
  assert.deepEqual(unmasking.counters!(), { verified: best })
  return best
}

test("guesses stand as long as each is the next static step of the one before", () => {
  const same = [0.5, 0.9, 0.7, 0.8]
  assert.equal(settled([same, same, same]), 2)
  // From the first guess static decoding would go to position 2.
  assert.equal(settled([[0.5, 0.9, 0.85, 0.8], same, same]), 0)
  // It would go to position 3, but put another token there.
  assert.equal(settled([[0.5, 0.9, 0.7, -0.8], same, same]), 0)
  assert.equal(settled([same, [0.75, 0.9, 0.7, 0.8], same]), 1)
})

test("with a threshold a step fills all that reach it, and a guess stands if it is among them", () => {
  const unmasking = openUnmasker(freedave({ drafts: 3, by: "confidence", threshold: 0.75 }), view)
  const candidates = unmasking.propose(view)
  assert.deepEqual(
    candidates.map(({ positions }) => positions),
    [
      [1, 3],
      [1, 3, 2],
      [1, 3, 2, 0],
    ],
  )
  const views = (confidences: readonly number[]) => candidates.map((edit) => after(edit, confidences))
  assert.equal(unmasking.settle!(candidates, views([0.8, 0.9, 0.9, 0.9])), 2)
  assert.equal(unmasking.settle!(candidates, views([0.2, 0.9, 0.3, 0.9])), 2)
  assert.equal(unmasking.settle!(candidates, views([-0.9, 0.9, 0.3, 0.9])), 0)
})

test("from one and the same canvas more guesses never certify a shorter chain", () => {
  const some = fc.array(fc.constantFrom(0.3, 0.5, 0.7, 0.8, -0.6, -0.9), { minLength: 4, maxLength: 4 })
  const certified = (drafts: number, confidences: readonly (readonly number[])[]): number => {
    const unmasking = openUnmasker(freedave({ drafts, by: "confidence" }), view)
    const candidates = unmasking.propose(view)
    if (candidates.length === 1) return 0
    return unmasking.settle!(
      candidates,
      candidates.map((edit, k) => after(edit, confidences[k]!)),
    )
  }
  fc.assert(
    fc.property(fc.array(some, { minLength: 4, maxLength: 4 }), (confidences) => {
      const lengths = [1, 2, 3, 4].map((drafts) => certified(drafts, confidences))
      lengths.slice(1).forEach((length, i) => assert.ok(length >= lengths[i]!, lengths.join()))
    }),
  )
})
