import assert from "node:assert/strict"
import { test } from "node:test"
import { contiguous } from "@parade/contiguous"
import {
  type Cache,
  type CommittedEvent,
  collectText,
  type Event,
  type FinishedEvent,
  type Model,
  type Request,
  type RoundEvent,
} from "@parade/core"
import { exactBlockCache } from "@parade/exact-block-cache"
import { maskedDiffusion, type MaskedDiffusionOptions } from "@parade/masked-diffusion"
import { subBlocks } from "@parade/sub-blocks"
import { greedySampler, maskedModel, naiveCache, plainDecoding } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { referenceDecode } from "./_reference.ts"

interface Setting {
  readonly model: Model
  readonly block: number
  readonly subBlock: number
  readonly threshold: number
  readonly reuse?: boolean
  readonly cache?: MaskedDiffusionOptions["cache"]
}

const decoderOf = ({ model, block, subBlock, threshold: level, reuse = false, cache }: Setting) =>
  maskedDiffusion({
    model,
    sampler: greedySampler,
    schedule: subBlocks({ length: block, subLength: subBlock, align: "sequence", firstAlone: true }),
    refresh: exactBlockCache({ block, reuse }),
    unmasker: threshold({ threshold: level }),
    cache: cache ?? contiguous(),
  })

const request = (prompt: readonly number[], maxTokens: number): Request => ({
  prompt: [{ tokens: prompt }],
  target: { kind: "continuation", maxTokens },
  seed: 0,
})

const promptOf = (length: number): readonly number[] => Array.from({ length }, (_, i) => (3 * i) % 5)

const events = (setting: Setting, prompt: readonly number[], count: number): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(decoderOf(setting).decode(request(prompt, count))))

/** The positions each round filled, from the first token of the prompt. */
const fillings = (all: readonly Event[], promptLength: number): readonly (readonly number[])[] => {
  const rounds: number[][] = []
  let current: number[] = []
  for (const event of all)
    if (event.type === "committed") {
      const { position, tokens } = event as CommittedEvent
      current.push(...tokens.map((_, i) => promptLength + position + i))
    } else if (event.type === "round") {
      rounds.push(current.sort((a, b) => a - b))
      current = []
    }
  return rounds
}

const tokensOf = async (setting: Setting, prompt: readonly number[], count: number) =>
  (await Effect.runPromise(collectText(decoderOf(setting).decode(request(prompt, count))))).tokens

const model = (seed: number): Model => maskedModel({ vocabularySize: 6, seed, predicts: "next" })

const shapes = fc.constantFrom([4, 2], [4, 4], [4, 1], [6, 3], [8, 2])

test("tokens, and what each forward fills, are those of the paper's algorithm without a cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      shapes,
      fc.nat(500),
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(0, 0.35, 0.5, 1),
      fc.boolean(),
      async ([block, subBlock], seed, promptLength, blocks, level, reuse) => {
        const prompt = promptOf(promptLength)
        const count = blocks * block! - (promptLength % block!)
        const setting = { block: block!, subBlock: subBlock!, threshold: level, reuse }
        const expected = await Effect.runPromise(
          referenceDecode({ model: model(seed), prompt, count, ...setting }),
        )
        const all = await events({ model: model(seed), ...setting }, prompt, count)
        const rounds = fillings(all, promptLength)
        // The first position of a block is plain decoding from the finished block before.
        const inner = rounds.filter(([first, ...more]) => first! % block! !== 0 || more.length > 0)
        assert.deepEqual(inner, expected.fillings)
        assert.deepEqual((all.at(-1) as FinishedEvent).tokens, expected.tokens)
      },
    ),
    { numRuns: 80 },
  )
})

test("blocks of one position are plain greedy decoding, row for row", async () => {
  for (const seed of [1, 2, 3]) {
    const setting = { model: model(seed), block: 1, subBlock: 1, threshold: 0.9 }
    const prompt = [1, 2, 3]
    const all = await events(setting, prompt, 9)
    const masked = setting.model.info.maskToken!
    const sampler: typeof greedySampler = {
      ...greedySampler,
      process: (row, context) => {
        row[masked] = -Infinity
        return greedySampler.process(row, context)
      },
    }
    const plain = await Effect.runPromise(
      plainDecoding(model(seed), sampler, { prompt, maxTokens: 9, seed: 0 }),
    )
    assert.deepEqual(await tokensOf(setting, prompt, 9), plain.tokens)
    const rounds = all.filter((event): event is RoundEvent => event.type === "round")
    assert.deepEqual(
      rounds.map(({ rows }) => rows),
      [3, 1, 1, 1, 1, 1, 1, 1, 1],
    )
  }
})

test("at a threshold of 1 a forward fills one position, at 0 a sub-block, and a block costs one more", async () => {
  const [block, subBlock] = [8, 4]
  for (const seed of [4, 5]) {
    const prompt = promptOf(8)
    const slow = fillings(
      await events({ model: model(seed), block, subBlock, threshold: 1 }, prompt, 24),
      prompt.length,
    )
    assert.equal(slow.length, 24)
    assert.ok(slow.every((positions) => positions.length === 1))
    const fast = fillings(
      await events({ model: model(seed), block, subBlock, threshold: 0 }, prompt, 24),
      prompt.length,
    )
    assert.deepEqual(fast.slice(0, 3), [[8], [9, 10, 11], [12, 13, 14, 15]])
    assert.equal(fast.length, 3 * (block / subBlock + 1))
  }
})

test("what is filled lies in the open sub-block, and the first position of a block is never left masked", async () => {
  const [block, subBlock] = [8, 4]
  for (const seed of [6, 7, 8]) {
    const rounds = fillings(
      await events({ model: model(seed), block, subBlock, threshold: 0.4 }, promptOf(3), 29),
      3,
    )
    let filled = 3
    for (const positions of rounds) {
      const part = Math.floor(filled / subBlock)
      for (const position of positions) assert.equal(Math.floor(position / subBlock), part)
      if (filled % block === 0) assert.deepEqual(positions, [filled])
      filled += positions.length
      // Within a sub-block positions fill in any order.
      if (filled % subBlock !== 0) continue
      assert.ok(rounds.flat().filter((position) => position < filled).length === filled - 3)
    }
  }
})

test("what is cached are the rows of one block-causal forward over all finished tokens", async () => {
  const block = 4
  for (const reuse of [false, true]) {
    const caches: Cache[] = []
    const own = contiguous()
    const setting = {
      model: model(9),
      block,
      subBlock: 2,
      threshold: 0.5,
      reuse,
      cache: {
        make: (...args: Parameters<typeof own.make>) =>
          Effect.tap(own.make(...args), (cache) => Effect.sync(() => caches.push(cache))),
      },
    }
    const prompt = promptOf(6)
    const text = [...prompt, ...(await tokensOf({ ...setting, cache: contiguous() }, prompt, 14))]
    let compared = 0
    let filled = prompt.length
    const check = Effect.gen(function* () {
      const plain = yield* naiveCache.make(yield* setting.model.makeStore)
      yield* Stream.runForEach(decoderOf(setting).decode(request(prompt, 14)), (event) =>
        Effect.gen(function* () {
          if (event.type === "committed") filled += (event as CommittedEvent).tokens.length
          if (event.type !== "round" || filled >= text.length) return
          const [cache] = caches
          // In the step for the first position of a block nothing but finished blocks is kept.
          const stored = Array.from(cache!.inputs.positions)
          const finished = Math.floor((filled - 1) / block) * block
          if (filled % block !== 1) return
          assert.deepEqual(
            [...stored].sort((a, b) => a - b),
            Array.from({ length: finished }, (_, i) => i),
          )
          compared++
          const places = Int32Array.from({ length: finished }, (_, i) => i)
          yield* setting.model.forward(
            { tokens: Int32Array.from(text.slice(0, finished)), positions: places },
            {
              cache: plain,
              visibility: { rule: "ranked", ranks: places.map((place) => Math.floor(place / block)) },
              outputs: [],
              phase: "step",
            },
          )
          yield* plain.commit(places)
          const order = [...places].sort((a, b) => stored[a]! - stored[b]!)
          assert.deepEqual((yield* cache!.export(order)).parts, (yield* plain.export(places)).parts)
          yield* plain.retain([])
        }),
      )
    })
    await Effect.runPromise(Effect.scoped(check))
    assert.equal(compared, 3)
  }
})

test("the cache of sub-blocks changes nothing where a sub-block is a block, and computes fewer rows where it is less", async () => {
  let [same, all] = [0, 0]
  for (let seed = 0; seed < 8; seed++) {
    const prompt = promptOf(5)
    const whole = { model: model(seed), block: 8, subBlock: 8, threshold: 0.5 }
    assert.deepEqual(
      fillings(await events({ ...whole, reuse: true }, prompt, 27), 5),
      fillings(await events(whole, prompt, 27), 5),
    )
    const parts = { ...whole, subBlock: 2 }
    const finished = (reuse: boolean) =>
      Effect.runPromise(collectText(decoderOf({ ...parts, reuse }).decode(request(prompt, 27))))
    const [exact, stale] = [await finished(false), await finished(true)]
    same += exact.tokens.filter((token, i) => token === stale.tokens[i]).length
    all += exact.tokens.length
    assert.ok(stale.stats.rows < exact.stats.rows)
  }
  // Even the strongly coupled positions of these models agree more often than not.
  assert.ok(same / all > 0.5, `${same} of ${all}`)
})
