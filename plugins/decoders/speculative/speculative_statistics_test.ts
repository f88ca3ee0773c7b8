import assert from "node:assert/strict"
import { test } from "node:test"
import { collectText, type Sampler, type Verifier } from "@parade/core"
import { draftModel } from "@parade/draft-model"
import type { Drafter } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { speculativeSampling } from "@parade/speculative-sampling"
import { standardSampler } from "@parade/standard-sampler"
import { naiveCache, randomTreeDrafter, sampledDrafter, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import { deviate, distributionAfter, marginal, textLaw } from "../../_text-law.ts"
import { speculative } from "./speculative.ts"

const runs = process.env["PARADE_STATISTICS"] === "sample" ? 2000 : 50_000
const vocabulary = 5
const prompt = [1, 2]
const length = 3
const model = tableModel({ vocabularySize: vocabulary, order: 2, seed: 11, spread: 1.5 })

const q = (tokens: readonly number[]): readonly number[] =>
  Array.from({ length: vocabulary }, (_, token) => 1 + ((token * 7 + tokens.at(-1)! * 3) % 5))
const draft = tableModel({ vocabularySize: vocabulary, order: 1, seed: 12, spread: 1.5 })

const drafters: readonly (readonly [string, Drafter, Verifier])[] = [
  ["an iid chain", sampledDrafter({ law: "iid", trials: 1, q }), speculativeSampling],
  ["an iid tree", sampledDrafter({ law: "iid", trials: 2, q }), speculativeSampling],
  [
    "a tree without replacement",
    sampledDrafter({ law: "withoutReplacement", trials: 3, q }),
    speculativeSampling,
  ],
  ["a tree of points", randomTreeDrafter({ seed: 5 }), speculativeSampling],
  [
    "a draft model",
    draftModel(draft, naiveCache, { draftLength: 3, law: "iid", branches: 1 }),
    speculativeSampling,
  ],
  [
    "a draft model, matched",
    draftModel(draft, naiveCache, { draftLength: 3, law: "auto", branches: 1 }),
    exactMatch,
  ],
]

const samplers: Readonly<Record<string, Sampler>> = {
  "temperature 1": standardSampler({ temperature: 1 }),
  "temperature 0.8, top-k 4, top-p 0.9": standardSampler({ temperature: 0.8, topK: 4, topP: 0.9 }),
}

for (const [name, drafter, verifier] of drafters)
  for (const [heat, sampler] of Object.entries(samplers))
    test(`${name} at ${heat}: first tokens, pairs and triples have the model's distribution`, async () => {
      const law = await textLaw(model, sampler, prompt, length)
      const decoder = speculative({ model, sampler, drafter, verifier, cache: naiveCache, adaptive: false })
      const counts = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
      for (let seed = 0; seed < runs; seed++) {
        const { tokens } = await Effect.runPromise(
          collectText(
            decoder.decode({
              prompt: [{ tokens: prompt }],
              target: { kind: "continuation", maxTokens: length },
              seed,
            }),
          ),
        )
        const text = tokens.join("")
        assert.ok(law.has(text), `${text} has probability 0`)
        for (const [i, count] of counts.entries()) {
          const part = text.slice(0, i + 1)
          count.set(part, (count.get(part) ?? 0) + 1)
        }
      }
      for (const [i, count] of counts.entries()) {
        const z = deviate(count, marginal(law, i + 1), runs)
        assert.ok(z < 3.09, `${i + 1} tokens: ${z} standard deviations`)
      }
    })

test("acceptance of one proposal is Σ min(p, q) within three standard deviations", async () => {
  const sampler = samplers["temperature 1"]!
  const drafter = sampledDrafter({ law: "iid", trials: 1, q })
  const decoder = speculative({
    model,
    sampler,
    drafter,
    verifier: speculativeSampling,
    cache: naiveCache,
    adaptive: false,
    maxDraft: 1,
  })
  let accepted = 0
  let proposed = 0
  let expected = 0
  for (let seed = 0; seed < runs; seed++) {
    const { tokens, stats } = await Effect.runPromise(
      collectText(
        decoder.decode({
          prompt: [{ tokens: prompt }],
          target: { kind: "continuation", maxTokens: 3 },
          seed,
        }),
      ),
    )
    // The first token comes from the prefill; one is proposed behind it.
    const p = await distributionAfter(model, sampler, [...prompt, tokens[0]!])
    const weights = q([tokens[0]!])
    const total = weights.reduce((a, b) => a + b)
    for (let token = 0; token < vocabulary; token++)
      expected += Math.min(p.probability(token), weights[token]! / total)
    accepted += stats.accepted
    proposed += stats.proposed
  }
  assert.equal(proposed, runs)
  const rate = expected / proposed
  const sigma = Math.sqrt((rate * (1 - rate)) / proposed)
  assert.ok(Math.abs(accepted / proposed - rate) < 3 * sigma, `${accepted / proposed} for ${rate}`)
})
