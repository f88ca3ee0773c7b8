import assert from "node:assert/strict"
import { test } from "node:test"
import {
  collectText,
  type FinishedEvent,
  type Model,
  type ProposalLaw,
  type Sampler,
  uniform,
} from "@parade/core"
import { chain, type Drafter, type DraftOutcome } from "@parade/drafting"
import { speculative } from "@parade/speculative"
import { speculativeSampling } from "@parade/speculative-sampling"
import { standardSampler } from "@parade/standard-sampler"
import { contextModel, naiveCache, plainDecoding, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { deviate, marginal, textLaw } from "../../_text-law.ts"
import { SpeculativeJacobiConfig, speculativeJacobi } from "./mod.ts"

const isSample = process.env["PARADE_STATISTICS"] === "sample"
const runs = isSample ? 2000 : 100_000
const prompt = [1, 2]
const length = 5
const model = tableModel({ vocabularySize: 4, order: 2, seed: 21, spread: 1.2 })

const samplers: Readonly<Record<string, Sampler>> = {
  "temperature 1": standardSampler({ temperature: 1 }),
  "top-k 3": standardSampler({ temperature: 0.9, topK: 3 }),
}

const decoded = (
  of: Model,
  drafter: Drafter,
  sampler: Sampler,
  seed: number,
  maxTokens: number,
): Promise<FinishedEvent> =>
  Effect.runPromise(
    collectText(
      speculative({
        model: of,
        drafter,
        verifier: speculativeSampling,
        sampler,
        cache: naiveCache,
        adaptive: false,
        maxDraft: 64,
      }).decode({ prompt: [{ tokens: prompt }], target: { kind: "continuation", maxTokens }, seed }),
    ),
  )

const said = async (...asked: Parameters<typeof decoded>): Promise<readonly number[]> =>
  (await decoded(...asked)).tokens as readonly number[]

/** How far the first tokens, pairs and so on are from the model's law, at worst, in standard deviations. */
const worst = async (
  drafter: Drafter,
  sampler: Sampler,
  law: ReadonlyMap<string, number>,
): Promise<number> => {
  const counts = Array.from({ length }, () => new Map<string, number>())
  for (let seed = 0; seed < runs; seed++) {
    const text = (await said(model, drafter, sampler, seed, length)).join("")
    assert.ok(law.has(text), `${text} has probability 0`)
    for (const [i, count] of counts.entries()) {
      const part = text.slice(0, i + 1)
      count.set(part, (count.get(part) ?? 0) + 1)
    }
  }
  return Math.max(...counts.map((count, i) => deviate(count, marginal(law, i + 1), runs)))
}

const drafterOf = (config: object): Drafter =>
  speculativeJacobi(Schema.decodeUnknownSync(SpeculativeJacobiConfig)(config))

for (const [heat, sampler] of Object.entries(samplers))
  for (const window of [1, 3, 5])
    for (const start of ["random", "repeat-left", "likeliest-left"])
      test(`W ${window}, ${start}, ${heat}: texts of every length have the model's distribution`, async () => {
        const law = await textLaw(model, sampler, prompt, length)
        const z = await worst(drafterOf({ window, start }), sampler, law)
        // Of five samples one in a thousand is beyond 3.54.
        assert.ok(z < 3.54, `${z} standard deviations`)
      })

/** The mistake that the method invites: old drafts stay, and are told to be drawn from what the target says now. */
const relabelling: Drafter = {
  ...drafterOf({ window: 5 }),
  open: ({ history, sampler, seed }) =>
    Effect.sync(() => {
      let last: DraftOutcome | undefined
      return {
        plan: ({ nodes, depth }) =>
          Effect.sync(() => {
            const tokens: number[] = []
            const laws = new Map<number, ProposalLaw>()
            const refused = last?.verdict.accepted.length ?? 0
            while (tokens.length < Math.min(4, nodes, depth)) {
              const at = refused + tokens.length
              const position = history.length + tokens.length
              const old = last?.tree.tokens[at + 1]
              if (old !== undefined) {
                const logits = last!.readings.proposals["logits"]!.row(at)
                const q = sampler.process(logits, { history, path: tokens, position })
                laws.set(tokens.length - 1, { law: "iid", q, trials: [tokens.length] })
              }
              tokens.push(old ?? Math.floor(4 * uniform(seed, "noise", position, history.length)))
            }
            return chain(tokens, laws)
          }),
        observe: (outcome) => Effect.sync(() => void (last = outcome)),
      }
    }),
}

test("drafts that are not drawn from the law they come with are found out", async () => {
  const sampler = samplers["temperature 1"]!
  const law = await textLaw(model, sampler, prompt, length)
  assert.ok((await worst(relabelling, sampler, law)) > 3.54)
})

test("grids have as many equal neighbours and as many of each level as those of plain decoding", async () => {
  const grid = tableModel({ vocabularySize: 6, order: 2, seed: 5, spread: 1.5 })
  const sampler = samplers["temperature 1"]!
  const [rows, columns, grids] = [6, 6, isSample ? 60 : 1000]
  const drafter = drafterOf({ window: 8, start: "repeat-left", rowLength: columns })
  /** Of a grid: equal neighbours in a row, and tokens of each level. */
  const features = (tokens: readonly number[]): readonly number[] => {
    let alike = 0
    for (let i = 0; i < tokens.length; i++) if (i % columns !== 0 && tokens[i] === tokens[i - 1]) alike++
    return [
      alike,
      ...Array.from({ length: 6 }, (_, level) => tokens.filter((token) => token === level).length),
    ]
  }
  const [plain, drafted]: [number[][], number[][]] = [[], []]
  for (let seed = 0; seed < grids; seed++) {
    const maxTokens = rows * columns
    drafted.push([...features(await said(grid, drafter, sampler, seed, maxTokens))])
    const options = { prompt, maxTokens, seed: seed + grids }
    const { tokens } = await Effect.runPromise(Effect.scoped(plainDecoding(grid, sampler, options)))
    plain.push([...features(tokens)])
  }
  const moments = (samples: number[][], i: number): readonly [number, number] => {
    const mean = samples.reduce((sum, sample) => sum + sample[i]!, 0) / grids
    return [mean, samples.reduce((sum, sample) => sum + (sample[i]! - mean) ** 2, 0) / (grids - 1)]
  }
  for (let i = 0; i < 7; i++) {
    const [[a, va], [b, vb]] = [moments(plain, i), moments(drafted, i)]
    const z = Math.abs(a - b) / Math.sqrt((va + vb) / grids)
    assert.ok(z < 3.54, `feature ${i}: ${a} and ${b}, ${z} standard deviations`)
  }
})

/**
 * Textures: a token is like the one on its left and the one above it, each with so much in favour. Rows of 16, eight
 * levels. What such a law says of a place hardly depends on a wrong guess a few places back.
 */
const texture = (favour: number): Model =>
  contextModel({
    name: `texture ${favour}`,
    vocabularySize: 8,
    logits: ({ tokens }, out) => {
      const at = tokens.length - prompt.length
      const left = at % 16 === 0 ? -1 : tokens.at(-1)!
      const above = at < 16 ? -1 : tokens[tokens.length - 16]!
      for (let token = 0; token < 8; token++)
        out[token] = (token === left ? favour : 0) + (token === above ? favour : 0)
    },
  })

test("of coherent textures it takes a fraction of the forwards, with a start from the left fewer than with any", async (t) => {
  const table: Record<string, number> = {}
  for (const favour of [1, 2, 3])
    for (const start of ["random", "repeat-left", "likeliest-left"])
      for (const window of [2, 4, 8, 16, 32]) {
        const drafter = drafterOf({ window, start, rowLength: 16 })
        let [tokens, forwards] = [0, 0]
        for (let seed = 0; seed < (isSample ? 4 : 40); seed++) {
          const { stats } = await decoded(texture(favour), drafter, samplers["temperature 1"]!, seed, 256)
          tokens += stats.tokens
          forwards += stats.forwards
        }
        table[`${favour} ${start} ${window}`] = tokens / forwards
        t.diagnostic(
          `favour ${favour}, ${start}, W ${window}: ${(tokens / forwards).toFixed(2)} tokens per forward`,
        )
      }
  assert.ok(table["2 repeat-left 16"]! > 1.5)
  assert.ok(table["3 repeat-left 16"]! > table["3 random 16"]!)
  assert.ok(table["2 random 16"]! > table["2 random 2"]!)
})
