import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { distilledStates, nearAndDistant, shownPrompt, statesOf, type Trajectory } from "./recipe-mod.ts"

const mask = 99

/** A canvas of which every step fills one position or more. */
const trajectories = fc.integer({ min: 1, max: 12 }).chain((length) =>
  fc
    .record({
      order: fc.shuffledSubarray(
        Array.from({ length }, (_, i) => i),
        { minLength: length, maxLength: length },
      ),
      perStep: fc.constantFrom(1, 1, 2),
    })
    .map(({ order, perStep }): Trajectory & { readonly perStep: number } => {
      const steps = new Array<number>(length)
      order.forEach((position, i) => (steps[position] = Math.floor(i / perStep)))
      return {
        prompt: [1, 2, 3],
        shown: [1, 2, 3, 4, 5],
        tokens: order.map((position) => 10 + position),
        steps,
        perStep,
      }
    }),
)

test("What is near and what is distant is what is masked, each once; with a step a position no more than δ is near.", () => {
  fc.assert(
    fc.property(trajectories, fc.nat(12), fc.nat(12), (trajectory, at, delta) => {
      const state = at % statesOf(trajectory)
      const { near, distant } = nearAndDistant(trajectory, state, delta)
      const masked = trajectory.steps.flatMap((step, position) => (step >= state ? [position] : []))
      assert.deepEqual(
        [...near, ...distant].sort((a, b) => a - b),
        masked,
      )
      assert.ok(near.length <= delta * trajectory.perStep)
      if (state + delta >= statesOf(trajectory)) assert.deepEqual(distant, [])
    }),
  )
})

test("State 0 is masked everywhere, and what is revealed stays as states go on.", () => {
  fc.assert(
    fc.property(trajectories, (trajectory) => {
      const masked = (state: number) => {
        const { near, distant } = nearAndDistant(trajectory, state, 1)
        return new Set([...near, ...distant])
      }
      assert.equal(masked(0).size, trajectory.tokens.length)
      for (let state = 1; state < statesOf(trajectory); state++) {
        const before = masked(state - 1)
        assert.ok([...masked(state)].every((position) => before.has(position)))
        assert.ok(masked(state).size < before.size)
      }
      assert.equal(masked(statesOf(trajectory)).size, 0)
    }),
  )
})

test("The student stands behind the question, the teacher behind the one with the answer, and rows are paired by position.", () => {
  const one: Trajectory = { prompt: [1, 2], shown: [1, 7, 8], tokens: [11, 12, 13], steps: [2, 0, 1] }
  const two: Trajectory = { prompt: [3, 4, 5], shown: [3], tokens: [21, 22, 23], steps: [0, 1, 2] }
  const states = [
    { trajectory: one, state: 1 },
    { trajectory: two, state: 1 },
  ]
  const { student, teacher, places, targets, weights } = distilledStates(states, {
    length: 14,
    mask,
    delta: 1,
  })
  const [m] = [mask]
  assert.deepEqual(Array.from(student.tokens), [1, 2, m, 12, m, m, 3, 4, 5, 21, m, m, m, m])
  assert.deepEqual(Array.from(teacher.tokens), [1, 7, 8, m, 12, m, 3, 21, m, m, m, m, m, m])
  assert.deepEqual(Array.from(student.positions!), [0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 5, 0, 0])
  assert.deepEqual([...weights.hard], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0])
  assert.deepEqual([...weights.soft], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
  assert.deepEqual(weights.watched, weights.hard)
  weights.hard.forEach((weight, place) => {
    if (weight + weights.soft[place]! === 0) return
    assert.equal(student.tokens[place], mask)
    assert.equal(teacher.tokens[places[place]!], mask)
    assert.equal(student.positions![place]! >= 2, true)
  })
  assert.equal(targets[4], 13)
  assert.equal(targets[2], 11)
})

test("What is shown has the answer in it; what is asked has not.", () => {
  const exercise = { prompt: "12+5=\n", answer: "17" }
  assert.equal(shownPrompt("copy: {answer}", exercise), "copy: 17")
  assert.equal(shownPrompt("{prompt} It is {answer}.", exercise), "12+5= It is 17.")
  assert.ok(!exercise.prompt.includes("17"))
})
