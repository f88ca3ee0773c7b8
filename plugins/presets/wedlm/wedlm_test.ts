import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import {
  type Cache,
  type CommittedEvent,
  collectText,
  type Event,
  type FinishedEvent,
  firstRows,
  type Model,
  type Request,
  type RoundEvent,
  type Rows,
  tokenRows,
  visibilityMatrix,
} from "@parade/core"
import type { Unmasker } from "@parade/denoising"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { maskedDiffusion, type MaskedDiffusionOptions } from "@parade/masked-diffusion"
import {
  denoisingLoop,
  forEveryFailure,
  forEveryInterruption,
  greedySampler,
  maskedModel,
  naiveCache,
  plainDecoding,
} from "@parade/test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { referenceDecode } from "./_reference.ts"
import { causalOrder, entropyDistance, slidingWindow } from "./mod.ts"

interface Setting extends Partial<MaskedDiffusionOptions> {
  readonly model: Model
  readonly window: number
  readonly threshold?: number
  readonly penalty?: number
}

const decoderOf = ({ window, threshold = 0, penalty = 0, ...change }: Setting) =>
  maskedDiffusion({
    sampler: greedySampler,
    schedule: slidingWindow({ window }),
    refresh: causalOrder,
    unmasker: entropyDistance({ threshold, penalty }),
    cache: contiguous(),
    ...change,
  })

const request = (prompt: readonly number[], maxTokens: number, change: Partial<Request> = {}): Request => ({
  prompt: [{ tokens: prompt }],
  target: { kind: "continuation", maxTokens },
  seed: 0,
  ...change,
})

const events = (
  setting: Setting,
  prompt: readonly number[],
  count: number,
  change?: Partial<Request>,
): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(decoderOf(setting).decode(request(prompt, count, change))))

const finish = (setting: Setting, prompt: readonly number[], count: number, change?: Partial<Request>) =>
  Effect.runPromise(collectText(decoderOf(setting).decode(request(prompt, count, change))))

/** Per round: the positions filled, from the first token of the prompt, and the rows computed. */
const roundsOf = (all: readonly Event[], promptLength: number) => {
  const rounds: { readonly filled: readonly number[]; readonly rows: number }[] = []
  let current: number[] = []
  for (const event of all)
    if (event.type === "committed") {
      const { position, tokens } = event as CommittedEvent
      current.push(...tokens.map((_, i) => promptLength + position + i))
    } else if (event.type === "round") {
      rounds.push({ filled: current.sort((a, b) => a - b), rows: (event as RoundEvent).rows })
      current = []
    }
  return rounds
}

const model = (seed: number, change: Partial<Parameters<typeof maskedModel>[0]> = {}): Model =>
  maskedModel({ vocabularySize: 6, seed, spread: 4, ...change })

test("tokens, rows and what each forward fills are those of the paper's algorithm", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(500),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(0, 0.5, 0.9, 1.3),
      fc.constantFrom(0, 0.02, 0.2),
      async (seed, promptLength, maxTokens, window, threshold, penalty) => {
        const prompt = Array.from({ length: promptLength }, (_, i) => (2 * i) % 5)
        const setting = { window, threshold, penalty }
        const expected = await Effect.runPromise(
          referenceDecode({ model: model(seed), prompt, maxTokens, ...setting }),
        )
        const all = await events({ model: model(seed), ...setting }, prompt, maxTokens)
        const rounds = roundsOf(all, promptLength)
        assert.deepEqual(
          rounds.map(({ filled }) => filled),
          expected.fillings,
        )
        // The first forward carries the prompt too.
        assert.deepEqual(
          rounds.map(({ rows }, i) => (i === 0 ? rows - promptLength : rows)),
          expected.rows,
        )
        assert.deepEqual((all.at(-1) as FinishedEvent).tokens, expected.tokens)
      },
    ),
    { numRuns: 40 },
  )
})

test("after every forward the cache is that of one causal forward over the text so far", async () => {
  for (const seed of [1, 2, 3]) {
    const prompt = [1, 2, 3]
    const setting = { model: model(seed), window: 5, threshold: 0.6 }
    const { tokens } = await finish(setting, prompt, 16)
    const text = [...prompt, ...tokens]
    const caches: Cache[] = []
    const own = contiguous()
    const cache = {
      make: (...args: Parameters<typeof own.make>) =>
        Effect.tap(own.make(...args), (made) => Effect.sync(() => caches.push(made))),
    }
    const cells = new Array<number>(16).fill(-1)
    const lengths: number[] = []
    const check = Effect.gen(function* () {
      const plain = yield* naiveCache.make(yield* setting.model.makeStore)
      let known = 0
      yield* Stream.runForEach(decoderOf({ ...setting, cache }).decode(request(prompt, 16)), (event) =>
        Effect.gen(function* () {
          if (event.type === "committed") {
            const { position, tokens: some } = event as CommittedEvent
            some.forEach((token, i) => (cells[position + i] = token))
          }
          if (event.type !== "round" || !cells.includes(-1)) return
          const [cached] = caches
          // What was known before the forward is kept.
          assert.equal(cached!.length, prompt.length + known)
          known = cells.indexOf(-1)
          lengths.push(cached!.length)
          const rows = firstRows(cached!.length)
          yield* plain.retain([])
          yield* setting.model.forward(tokenRows(text.slice(0, rows.length), 0), {
            cache: plain,
            outputs: [],
            phase: "prefill",
          })
          yield* plain.commit(rows)
          assert.deepEqual((yield* cached!.export(rows)).parts, (yield* plain.export(rows)).parts)
        }),
      )
    })
    await Effect.runPromise(Effect.scoped(check))
    assert.ok(lengths.length > 3 && lengths.at(-1)! > prompt.length)
  }
})

/** The forwards a model was asked for. */
const recording = (inner: Model) => {
  const forwards: { readonly rows: Rows; readonly sees: Uint8Array; readonly cached: number }[] = []
  const recorded: Model = {
    ...inner,
    forward: (rows, options) => {
      const cached = options.cache.length
      const sees = visibilityMatrix(options.visibility!, cached, rows.tokens.length)
      forwards.push({ rows, sees, cached })
      return inner.forward(rows, options)
    },
  }
  return { model: recorded, forwards }
}

test("every row stands at its own position; masks see all that is known, known tokens see no mask", async () => {
  for (const seed of [4, 5, 6]) {
    const { model: recorded, forwards } = recording(model(seed))
    const window = 6
    await finish({ model: recorded, window, threshold: 1.2 }, [1, 2], 20)
    const mask = recorded.info.maskToken!
    for (const [i, { rows, sees, cached }] of forwards.entries()) {
      const positions = Array.from(rows.positions)
      assert.equal(new Set(positions).size, positions.length)
      assert.deepEqual(
        [Math.min(...positions), Math.max(...positions)],
        [cached, cached + positions.length - 1],
      )
      if (i > 0) assert.ok(positions.length <= 2 * window, `${positions.length} rows`)
      const isMask = Array.from(rows.tokens, (token) => token === mask)
      const width = cached + positions.length
      for (const [a, at] of positions.entries())
        for (const [b, other] of positions.entries()) {
          const expected = isMask[a] === isMask[b] ? other <= at : isMask[a]!
          assert.equal(sees[a * width + cached + b] === 1, expected)
        }
    }
  }
})

test("a window of one fills one position per forward, which carries the last token and a mask", async () => {
  for (const seed of [7, 8]) {
    const prompt = [1, 2, 3]
    const { model: recorded, forwards } = recording(model(seed))
    const { tokens, stats } = await finish({ model: recorded, window: 1, threshold: 9 }, prompt, 8)
    assert.equal(stats.forwards, 8)
    assert.deepEqual(
      forwards.map(({ rows }) => rows.tokens.length),
      [4, 2, 2, 2, 2, 2, 2, 2],
    )
    // Append a mask, take its token, replace it, and so on.
    const text = [...prompt]
    const loop = Effect.gen(function* () {
      const plain = model(seed)
      const cache = yield* naiveCache.make(yield* plain.makeStore)
      for (let i = 0; i < 8; i++) {
        const { logits } = yield* plain.forward(tokenRows([...text, plain.info.maskToken!], 0), {
          cache,
          outputs: [{ name: "logits", rows: [text.length] }],
          phase: "step",
        })
        const row = Array.from(logits!.row(0)).slice(0, -1)
        text.push(row.indexOf(Math.max(...row)))
      }
    })
    await Effect.runPromise(Effect.scoped(loop))
    assert.deepEqual(tokens, text.slice(prompt.length))
  }
})

test("weights whose masks predict the next position, in a window of one, are plain decoding row for row", async () => {
  const make = () => model(9, { predicts: "next" })
  const mask = make().info.maskToken!
  const without: typeof greedySampler = {
    ...greedySampler,
    process: (row, context) => {
      row[mask] = -Infinity
      return greedySampler.process(row, context)
    },
  }
  const plain = await Effect.runPromise(
    plainDecoding(make(), without, { prompt: [1, 2], maxTokens: 10, seed: 0 }),
  )
  const all = await events({ model: make(), window: 1 }, [1, 2], 10)
  assert.deepEqual((all.at(-1) as FinishedEvent).tokens, plain.tokens)
  assert.deepEqual(
    roundsOf(all, 2).map(({ rows }) => rows),
    [2, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  )
})

test("at a threshold of 0 a forward fills one position, and never fewer at a higher one", async () => {
  for (const seed of [10, 11]) {
    const slow = roundsOf(await events({ model: model(seed), window: 6 }, [1], 12), 1)
    assert.ok(slow.length === 12 && slow.every(({ filled }) => filled.length === 1))
    const fast = roundsOf(await events({ model: model(seed), window: 6, threshold: 9 }, [1], 12), 1)
    assert.deepEqual(
      fast.map(({ filled }) => filled.length),
      [6, 6],
    )
  }
})

test("a great penalty fills from left to right", async () => {
  const rounds = roundsOf(
    await events({ model: model(12), window: 6, threshold: 9, penalty: 1e6 }, [1], 9),
    1,
  )
  assert.deepEqual(
    rounds.map(({ filled }) => filled),
    Array.from({ length: 9 }, (_, i) => [1 + i]),
  )
})

test("the text ends at its first end token or at its limit", async () => {
  let ended = 0
  for (let seed = 0; seed < 20; seed++) {
    const make = () => model(seed, { endTokens: [2] })
    const to = (ignoreEnd: boolean) =>
      finish({ model: make(), window: 5, threshold: 0.9 }, [1], 12, { stop: { ignoreEnd } })
    const [short, full] = [await to(false), await to(true)]
    assert.equal(full.tokens.length, 12)
    const end = full.tokens.indexOf(2)
    assert.deepEqual(short.tokens, end < 0 ? full.tokens : full.tokens.slice(0, end + 1))
    if (end >= 0) ended++
  }
  assert.ok(ended > 5)
})

test("what a gap is filled with depends on what stands behind it", async () => {
  let differ = 0
  for (let seed = 0; seed < 10; seed++) {
    const texts = new Set<string>()
    for (const token of [0, 1, 2, 3]) {
      const fixed = [{ at: 4, tokens: [token] }]
      const target = { kind: "canvas", length: 5, fixed } as const
      const setting = { model: model(seed, { coupling: 4 }), window: 2, threshold: 0.5 }
      const { tokens } = await finish(setting, [1, 2], 5, { target })
      assert.equal(tokens[4], token)
      texts.add(String(tokens.slice(0, 4)))
    }
    if (texts.size > 1) differ++
  }
  assert.ok(differ > 3, `${differ} of 10`)
})

test("verified steps give what one position per step gives: candidates order their rows by what they know", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(500),
      fc.integer({ min: 2, max: 5 }),
      fc.constantFrom(3, 4, 6),
      async (seed, drafts, length) => {
        const decode = (unmasker: Unmasker) =>
          finish({ model: model(seed), window: 1, schedule: blocks({ length }), unmasker }, [1, 2], 12)
        const [plain, verified] = [
          await decode(fixedCount({ by: "confidence" })),
          await decode(freedave({ drafts, by: "confidence" })),
        ]
        assert.deepEqual(verified.tokens, plain.tokens)
      },
    ),
    { numRuns: 25 },
  )
})

test("whatever call fails and wherever it is interrupted, failures are typed and all is released", async () => {
  const decode = (faults: Parameters<Parameters<typeof forEveryInterruption>[0]>[0]) =>
    decoderOf({
      model: faults.model(model(13)),
      window: 3,
      threshold: 0.9,
      cache: faults.cache(contiguous()),
    }).decode(request([1, 2], 6))
  assert.ok((await Effect.runPromise(forEveryInterruption(decode))) > 3)
  const failed = await Effect.runPromise(forEveryFailure((faults) => Stream.runDrain(decode(faults))))
  assert.ok(failed > 5, `${failed} calls`)
})

test("the window is the order of the forward, not only of the text: without it other tokens come out", async () => {
  let differ = 0
  for (let seed = 0; seed < 10; seed++) {
    const setting = { model: model(seed, { coupling: 3 }), window: 4, threshold: 0.9 }
    const { tokens } = await finish(setting, [1, 2], 12)
    const { cells } = await Effect.runPromise(
      denoisingLoop({
        model: model(seed, { coupling: 3 }),
        unmasker: entropyDistance({ threshold: 0.9, penalty: 0 }),
        schedule: slidingWindow({ window: 4 }),
        sampler: greedySampler,
        prompt: [1, 2],
        length: 12,
        seed: 0,
      }),
    )
    if (String(tokens) !== String([...cells])) differ++
  }
  assert.ok(differ > 5, `${differ} of 10`)
})
