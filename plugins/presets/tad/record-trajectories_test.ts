import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { fixedCount } from "@parade/fixed-count"
import { fullRefresh } from "@parade/full-refresh"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { collectionTask, equalTo } from "@parade/tasks"
import { greedySampler, maskedModel } from "@parade/test"
import * as Effect from "effect/Effect"
import { recordTrajectories, statesOf } from "./recipe-mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const letters = "ABCDEFGHIJKL"
const encode = (text: string): number[] => Array.from(text, (letter) => letters.indexOf(letter))

const decoder = maskedDiffusion({
  model,
  unmasker: fixedCount({ by: "confidence" }),
  schedule: blocks({ length: 4 }),
  refresh: fullRefresh,
  sampler: greedySampler,
  cache: contiguous(),
})
const options = { decoder, encode, reference: "{answer}{prompt}", canvas: 8, seed: 1 }

const task = (answers: readonly string[]) =>
  collectionTask({
    name: "@some/letters",
    description: "letters",
    category: "letter",
    size: { train: answers.length, test: 1 },
    at: (_, place) => ({
      instance: `${place}`,
      prompt: letters[3 + place]!,
      answer: answers[place]!,
      score: equalTo(answers[place]!),
    }),
  })

const record = (answers: readonly string[]) =>
  Effect.runPromise(recordTrajectories(task(answers), "train", answers.length, options))

test("Only trajectories whose answer is right are kept; each goes from all masked to none, a position a step.", async () => {
  assert.deepEqual(await record(["", ""]), [])
  const always = collectionTask({
    name: "@some/anything",
    description: "anything",
    category: "letter",
    size: { train: 2, test: 1 },
    at: (_, place) => ({
      instance: `${place}`,
      prompt: letters[3 + place]!,
      answer: "K",
      score: () => ({ correct: true, strict: true, partial: 1 }),
    }),
  })
  const all = await Effect.runPromise(recordTrajectories(always, "train", 2, options))
  assert.equal(all.length, 2)
  for (const { prompt, shown, tokens, steps } of all) {
    assert.ok(!prompt.includes(letters.indexOf("K")))
    assert.equal(shown.length, prompt.length + 1)
    assert.ok(shown.includes(letters.indexOf("K")))
    assert.equal(tokens.length, 8)
    assert.deepEqual(
      [...steps].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
    assert.equal(statesOf({ steps }), 8)
    // Blocks of four, one after the other.
    assert.ok(Math.max(...steps.slice(0, 4)) < Math.min(...steps.slice(4)))
  }
})
