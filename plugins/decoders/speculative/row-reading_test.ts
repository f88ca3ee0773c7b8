import assert from "node:assert/strict"
import { test } from "node:test"
import { collectText, type Model } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import {
  greedySampler,
  naiveCache,
  randomTreeDrafter,
  softmaxSampler,
  tableModel,
  withReadouts,
} from "@parade/test"
import * as Effect from "effect/Effect"
import { speculative } from "./mod.ts"

const decode = async (of: Model, sampler = greedySampler) => {
  const asked = new Set<string>()
  const model: Model = {
    ...of,
    forward: (rows, options) => {
      for (const { name } of options.outputs) asked.add(name)
      return of.forward(rows, options)
    },
  }
  const parts = {
    model,
    drafter: randomTreeDrafter({ seed: 3 }),
    verifier: exactMatch,
    sampler,
    cache: naiveCache,
  }
  const { tokens } = await Effect.runPromise(
    collectText(
      speculative({ ...parts, maxDraft: 6, adaptive: false }).decode({
        prompt: [{ tokens: [1, 2, 3] }],
        target: { kind: "continuation", maxTokens: 12 },
        seed: 5,
      }),
    ),
  )
  return { tokens, asked: [...asked] }
}

test("greedy drafts are verified by the greatest logits alone, where the model gives them", async () => {
  for (const seed of [1, 2, 3]) {
    const whole = tableModel({ vocabularySize: 8, order: 2, seed, levels: 3 })
    const expected = await decode(whole)
    assert.deepEqual(expected.asked, ["logits"])
    assert.deepEqual(await decode(withReadouts(whole)), { tokens: expected.tokens, asked: ["argmax"] })
  }
})

test("rows stay whole where tokens are drawn", async () => {
  const model = withReadouts(tableModel({ vocabularySize: 8, order: 2, seed: 4 }))
  assert.deepEqual((await decode(model, softmaxSampler())).asked, ["logits"])
})
