import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { collectText } from "@parade/core"
import { dualCache } from "@parade/dual-cache"
import { entropyThreshold } from "@parade/entropy-threshold"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { fullRefresh } from "@parade/full-refresh"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { prefixCache } from "@parade/prefix-cache"
import { denoisingLoop, greedySampler } from "@parade/test"
import { sharedOrSkip } from "@parade/test/shared"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { asDream, asLLaDA } from "./_diffusion-checkpoints.ts"
import { open, run } from "./_testing.ts"

const prompt = [5, 6, 7, 8]
const length = 8

for (const [name, make, fixture] of [
  ["LLaDA", asLLaDA, "llama"],
  ["Dream", asDream, "qwen2"],
] as const)
  test(`${name} is denoised as the plainest loop does, over a cache refreshed each time and by verified steps`, async (t) => {
    const source = sharedOrSkip(t, "fixtures", "tiny-hf", fixture)
    if (source === undefined) return
    const folder = await make(source)
    after(() => rmSync(folder, { recursive: true, force: true }))
    const check = Effect.gen(function* () {
      const model = yield* open(folder)
      const oneByOne = fixedCount({ by: "confidence" })
      const schedule = blocks({ length: 4 })
      const decode = (change: Partial<Parameters<typeof maskedDiffusion>[0]>) =>
        collectText(
          maskedDiffusion({
            model,
            schedule,
            unmasker: oneByOne,
            refresh: fullRefresh,
            sampler: greedySampler,
            cache: contiguous(),
            ...change,
          }).decode({
            prompt: [{ tokens: prompt }],
            target: { kind: "canvas", length },
            stop: { ignoreEnd: true },
            seed: 1,
          }),
        )
      const { cells } = yield* denoisingLoop({
        model,
        unmasker: oneByOne,
        schedule,
        sampler: greedySampler,
        prompt,
        length,
        seed: 1,
      })
      const plain = yield* decode({})
      assert.deepEqual(plain.tokens, [...cells])
      for (const refresh of [prefixCache({ interval: 1 }), dualCache({ interval: 1 })])
        assert.deepEqual((yield* decode({ refresh })).tokens, plain.tokens)
      const verified = freedave({ drafts: 3, by: "confidence" })
      for (const refresh of [fullRefresh, prefixCache(), dualCache()]) {
        const fast = yield* decode({ unmasker: verified, refresh })
        assert.deepEqual(fast.tokens, (yield* decode({ refresh })).tokens, refresh.name)
        assert.ok(fast.stats.forwards <= length)
      }
    })
    await run(check)
  })

for (const device of ["reference", "cpu"] as const)
  test(`what a graph reads of its logits fills the canvas that whole rows fill, on ${device}`, async (t) => {
    const source = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
    if (source === undefined) return
    const folder = await asLLaDA(source)
    after(() => rmSync(folder, { recursive: true, force: true }))
    const rules = [
      threshold({ threshold: 0.02 }),
      entropyThreshold({ threshold: 4.5 }),
      fixedCount({ by: "margin" }),
    ]
    const decode = (outputs: readonly string[]) =>
      Effect.gen(function* () {
        const model = yield* open(folder, { device, outputs })
        const texts: (readonly number[])[] = []
        for (const unmasker of rules) {
          const parts = { model, unmasker, schedule: blocks({ length: 4 }), refresh: dualCache() }
          const decoder = maskedDiffusion({ ...parts, sampler: greedySampler, cache: contiguous() })
          const { tokens } = yield* collectText(
            decoder.decode({
              prompt: [{ tokens: prompt }],
              target: { kind: "canvas", length },
              stop: { ignoreEnd: true },
              seed: 1,
            }),
          )
          texts.push(tokens)
        }
        return texts
      })
    assert.deepEqual(await run(decode(["argmax", "readout"])), await run(decode([])))
  })
