import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { collectText, type Model, readoutNames } from "@parade/core"
import { creditDecoding } from "@parade/credit-decoding"
import type { Unmasker } from "@parade/denoising"
import { entropyThreshold } from "@parade/entropy-threshold"
import { exploreThenExploit } from "@parade/explore-then-exploit"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { fullRefresh } from "@parade/full-refresh"
import { greedySampler, maskedModel, softmaxSampler, withReadouts } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { maskedDiffusion } from "./mod.ts"

const length = 12
const prompt = [1, 2, 3]

const explore = exploreThenExploit({
  threshold: 0.5,
  aheadThreshold: 0.6,
  trigger: "stall",
  stall: 1,
  select: "entropy",
  branches: 3,
  weight: 1,
})
const unmaskers: readonly Unmasker[] = [
  threshold({ threshold: 0.5 }),
  entropyThreshold({ threshold: 1 }),
  fixedCount({ by: "margin", steps: 5 }),
  freedave({ drafts: 3, by: "confidence" }),
  explore,
  creditDecoding({ rule: threshold({ threshold: 0.6 }), strength: 1, decay: 0.7, exponent: 0.2 }),
]

/** Counts what is asked of the model, output by output. */
const counted = (model: Model): { readonly model: Model; readonly asked: Map<string, number> } => {
  const asked = new Map<string, number>()
  return {
    asked,
    model: {
      ...model,
      forward: (rows, options) => {
        for (const { name } of options.outputs) asked.set(name, (asked.get(name) ?? 0) + 1)
        return model.forward(rows, options)
      },
    },
  }
}

const decode = (model: Model, unmasker: Unmasker, sampler = greedySampler, contextTokens = prompt) =>
  Effect.runPromise(
    collectText(
      maskedDiffusion({
        model,
        unmasker,
        sampler,
        schedule: blocks({ length: 4 }),
        refresh: fullRefresh,
        cache: contiguous(),
      }).decode({
        prompt: [{ tokens: contextTokens }],
        target: { kind: "canvas", length },
        seed: 1,
      }),
    ),
  )

for (const unmasker of unmaskers)
  for (const predicts of ["self", "next"] as const)
    test(`${unmasker.name} fills the same canvas from readouts as from whole rows (${predicts})`, async () => {
      for (const seed of [1, 2, 3]) {
        const rows = maskedModel({ vocabularySize: 24, seed, spread: 4, predicts })
        const { model, asked } = counted(withReadouts(rows))
        const few = await decode(model, unmasker)
        const whole = await decode(rows, unmasker)
        assert.deepEqual(few.tokens, whole.tokens)
        assert.equal(few.stats.forwards, whole.stats.forwards)
        const reads = unmasker.readsEntropy === true ? readoutNames.entropy : readoutNames.readout
        assert.deepEqual([...asked.keys()], [reads])
      }
    })

for (const unmasker of unmaskers)
  for (const temperature of [1, 0.7, 3])
    test(`${unmasker.name} fills the same canvas from tokens drawn on the device at temperature ${temperature} as from whole rows`, async () => {
      for (const seed of [1, 2, 3]) {
        const rows = maskedModel({ vocabularySize: 24, seed, spread: 4 })
        const { model, asked } = counted(withReadouts(rows))
        const few = await decode(model, unmasker, softmaxSampler(temperature))
        const whole = await decode(rows, unmasker, softmaxSampler(temperature))
        assert.deepEqual(few.tokens, whole.tokens)
        assert.equal(few.stats.forwards, whole.stats.forwards)
        const reads = unmasker.readsEntropy === true ? readoutNames.entropy : readoutNames.readout
        const expected = unmasker.drawsAnew === true ? ["logits"] : [reads, readoutNames.drawn]
        assert.deepEqual([...asked.keys()], expected)
      }
    })

test("whole rows are asked for where the sampler looks at them, or the unmasker does not say what it reads", async () => {
  const rows = withReadouts(maskedModel({ vocabularySize: 24, seed: 4 }))
  const { readsTop: _, ...silent } = threshold({ threshold: 0.5 })
  const { temperature: __, ...looking } = softmaxSampler(0.7)
  for (const [unmasker, sampler] of [
    [threshold({ threshold: 0.5 }), looking],
    [threshold({ threshold: 0.5 }), softmaxSampler(1e-40)],
    [silent, greedySampler],
    [silent, softmaxSampler()],
    [
      exploreThenExploit({
        threshold: 0.5,
        aheadThreshold: 0.6,
        trigger: "stall",
        stall: 1,
        select: "entropy",
        branches: 9,
        weight: 1,
      }),
      greedySampler,
    ],
  ] as const) {
    const { model, asked } = counted(rows)
    await decode(model, unmasker, sampler)
    assert.deepEqual([...asked.keys()], ["logits"])
  }
})

test("candidates go through one forward though together they are longer than the context", async () => {
  const options = { vocabularySize: 24, seed: 5, spread: 4 }
  const roomy = maskedModel(options)
  const narrow = maskedModel({ ...options, contextLength: prompt.length + length })
  for (const unmasker of [explore, freedave({ drafts: 4, by: "confidence" })]) {
    const expected = await decode(roomy, unmasker)
    const actual = await decode(narrow, unmasker)
    assert.deepEqual(actual.tokens, expected.tokens)
    assert.equal(actual.stats.forwards, expected.stats.forwards)
  }
})
