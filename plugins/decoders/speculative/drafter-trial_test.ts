import assert from "node:assert/strict"
import { test } from "node:test"
import { drafterTrial } from "./drafter-trial.ts"

/** Rounds of a drafter that brings `tokens` at `price`; a plain one costs 1. How many of them asked it. */
const rounds = (
  trial: ReturnType<typeof drafterTrial>,
  count: number,
  tokens: number,
  price: number,
): number => {
  let asked = 0
  for (let i = 0; i < count; i++)
    if (trial.isOn()) {
      asked++
      trial.record(tokens, price, 1)
    } else trial.rested()
  return asked
}

test("A drafter that brings more than it costs is asked in every round.", () => {
  assert.equal(rounds(drafterTrial(), 500, 2, 1.5), 500)
})

test("A drafter that brings less rests after its first rounds, and its trials cost about 1 % of the time.", () => {
  const trial = drafterTrial()
  assert.equal(rounds(trial, 8, 1, 1.1), 8)
  const asked = rounds(trial, 20_000, 1, 1.1)
  assert.ok(asked > 8)
  const lost = asked * (1.1 - 1)
  assert.ok(lost / 20_000 < 0.015, `${lost} of 20,000 rounds' time were lost`)
})

test("However dear a drafter's rounds are, a trial ends when it has lost two plain rounds, but not before the second.", () => {
  assert.equal(rounds(drafterTrial(), 40, 1, 4), 2)
  assert.equal(rounds(drafterTrial(), 40, 1, 1.45), 5)
  const trial = drafterTrial()
  const asked = rounds(trial, 20_000, 1, 4)
  assert.ok(asked > 40)
  assert.ok((asked * (4 - 1)) / 20_000 < 0.015)
})

test("A drafter whose guesses show one round later is not given up for the round without them.", () => {
  const trial = drafterTrial()
  assert.equal(rounds(trial, 1, 1, 2.5), 1)
  assert.equal(rounds(trial, 200, 4, 2.5), 200)
})

test("A drafter that comes to pay is found out, and stays.", () => {
  const trial = drafterTrial()
  rounds(trial, 3000, 1, 3)
  rounds(trial, 3000, 3, 1.5)
  assert.equal(rounds(trial, 100, 3, 1.5), 100)
})

test("A drafter that ceases to pay is soon left alone.", () => {
  const trial = drafterTrial()
  rounds(trial, 200, 3, 1.5)
  assert.ok(rounds(trial, 100, 1, 3) < 8)
})

test("A drafter that pays in the long run is seldom given up for a run of bad luck.", () => {
  let asked = 0
  let state = 1
  const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  for (let text = 0; text < 200; text++) {
    const trial = drafterTrial()
    for (let i = 0; i < 60; i++)
      if (trial.isOn()) {
        asked++
        // 1.5 tokens a round at the price of 1.25: a third of them bring two or three.
        const luck = draw()
        trial.record(luck < 0.68 ? 1 : luck < 0.86 ? 2 : 3, 1.25, 1)
      } else trial.rested()
  }
  assert.ok(asked > 0.7 * 200 * 60, `${asked} of 12,000`)
})
