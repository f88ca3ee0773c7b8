import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import {
  type CommittedEvent,
  type Event,
  infillRequest,
  type Model,
  type ModelInfo,
  type Sampler,
} from "@parade/core"
import type { Edit, Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { exactBlockCache } from "@parade/exact-block-cache"
import { fullRefresh } from "@parade/full-refresh"
import { forEveryFailure, forEveryInterruption, historySampler, maskedModel } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { events, failure, fillings, finish, finishedOf, parts, request } from "./_testing.ts"
import { maskedDiffusion, unfitFor } from "./mod.ts"

const like = (model: Model, info: Partial<ModelInfo>): Model => ({
  ...model,
  info: { ...model.info, ...info },
})

test("holes are filled wherever they are, and what is fixed stays", async () => {
  const fixed = [
    { at: 2, tokens: [4, 4] },
    { at: 7, tokens: [0] },
  ]
  for (const schedule of [wholeCanvas, blocks({ length: 4 })]) {
    const options = parts({ schedule, unmasker: threshold({ threshold: 0.4 }) })
    const { tokens, stats, reason } = await finish(
      options,
      request(8, { target: { kind: "canvas", length: 8, fixed } }),
    )
    assert.equal(tokens.length, 8)
    assert.deepEqual([tokens[2], tokens[3], tokens[7]], [4, 4, 0])
    assert.ok(tokens.every((token) => token >= 0 && token < 6))
    assert.deepEqual([stats.tokens, reason], [5, "complete"])
  }
})

test("a text with holes is filled in as text", async () => {
  const options = parts({ schedule: wholeCanvas })
  const decoder = maskedDiffusion(options)
  const asked = await Effect.runPromise(infillRequest(decoder, ["ab", { hole: 2 }, "c", { hole: 1 }]))
  const { text } = await finish(options, asked)
  assert.match(text, /^..c.$/)
})

test("what a hole is filled with depends on what stands behind it", async () => {
  let differ = 0
  for (let seed = 0; seed < 20; seed++) {
    const model = maskedModel({ vocabularySize: 9, seed, coupling: 4 })
    const texts = new Set<string>()
    for (const token of [0, 1, 2, 3]) {
      const target = { kind: "canvas", length: 3, fixed: [{ at: 2, tokens: [token] }] } as const
      const { tokens } = await finish(parts({ model, schedule: wholeCanvas }), request(3, { target }))
      texts.add(String(tokens.slice(0, 2)))
    }
    if (texts.size > 1) differ++
  }
  assert.ok(differ > 5, `${differ} of 20`)
})

test("the text ends at its end token as soon as all before it is filled, and costs no more forwards", async () => {
  let ended = 0
  for (let seed = 0; seed < 30; seed++) {
    const model = maskedModel({ vocabularySize: 6, seed, endTokens: [2] })
    const to = (ignoreEnd: boolean) =>
      finish(parts({ model, schedule: wholeCanvas }), request(8, { stop: { ignoreEnd } }))
    const [short, full] = [await to(false), await to(true)]
    const end = full.tokens.indexOf(2)
    if (end < 0) assert.deepEqual(short.tokens, full.tokens)
    else {
      ended++
      assert.deepEqual(short.tokens, full.tokens.slice(0, end + 1))
      assert.ok(short.stats.forwards <= full.stats.forwards)
      assert.equal(short.reason, "endToken")
    }
  }
  assert.ok(ended > 5)
})

/** Fills the first position and cuts the rest off. */
const cutting: Unmasker = {
  name: "cutting",
  open: () => ({
    propose: ({ open, state }) => {
      const { position, token } = open[0]!
      return [{ positions: [position], tokens: [token], ...(state.length > 3 ? { cut: 3 } : {}) }]
    },
  }),
}

test("an unmasker may cut the canvas, and later forwards are shorter", async () => {
  for (const refresh of [undefined, dualCache()]) {
    const schedule = wholeCanvas
    const all = await events(
      parts({ unmasker: cutting, schedule, ...(refresh === undefined ? {} : { refresh }) }),
      request(8),
    )
    assert.ok(all.some((event) => event.type === "cut"))
    assert.equal(finishedOf(all).tokens.length, 3)
    assert.ok(
      all
        .filter(({ type }) => type === "round")
        .every((round, i) => i === 0 || (round as { rows: number }).rows <= 6),
    )
  }
})

test("finished blocks that are kept for good give what a model of causal blocks says of the whole text", async () => {
  for (const predicts of ["self", "next"] as const)
    for (const align of ["canvas", "sequence"] as const) {
      const make = () => maskedModel({ vocabularySize: 6, seed: 12, predicts })
      // The reference computes everything up to the end of the block, in blocks, in every step.
      const kept = exactBlockCache({ block: 4 })
      const uncached = {
        ...kept,
        open: (shape: { promptLength: number; length: number }) => {
          const refreshing = kept.open(shape)
          return {
            plan: (...args: Parameters<typeof refreshing.plan>) => {
              const { rank } = refreshing.plan(...args)
              const end = Math.min(args[1].block.end, args[0].length)
              const compute = Int32Array.from(
                { length: shape.promptLength + end },
                (_, i) => i - shape.promptLength,
              )
              return { compute, keep: new Int32Array(0), rank: rank! }
            },
          }
        },
      }
      const schedule = blocks({ length: 4, align })
      for (const unmasker of [threshold({ threshold: 0.4 }), freedave({ drafts: 3, by: "confidence" })]) {
        const fast = await events(parts({ model: make(), schedule, unmasker, refresh: kept }), request(12))
        const slow = await events(
          parts({ model: make(), schedule, unmasker, refresh: uncached }),
          request(12),
        )
        assert.deepEqual(fillings(fast), fillings(slow))
        assert.deepEqual(finishedOf(fast).tokens, finishedOf(slow).tokens)
        assert.ok(finishedOf(fast).stats.rows < finishedOf(slow).stats.rows)
      }
    }
})

test("what is predicted for masked positions is shown where asked for", async () => {
  const all = await events(parts({ provisional: true }), request(4))
  const shown = all.filter(({ type }) => type === "provisional") as unknown as {
    tokens: number[]
    position: number
  }[]
  assert.equal(shown.length, 3)
  for (const { tokens, position } of shown) assert.equal(position + tokens.length, 4)
})

test("a model, a sampler or a canvas that does not fit is a typed failure that says why", async () => {
  const model = maskedModel({ vocabularySize: 6, seed: 1 })
  const several = freedave({ drafts: 2, by: "confidence" })
  assert.equal(unfitFor(parts()), undefined)
  assert.equal(
    unfitFor(parts({ model: like(model, { maskToken: undefined }) }))?.code,
    "denoise.no-mask-token",
  )
  assert.equal(
    unfitFor(parts({ model: like(model, { visibility: ["tree"] }) }))?.code,
    "denoise.no-visibility",
  )
  const ranked = like(model, { visibility: ["ranked"] })
  assert.equal(unfitFor(parts({ model: ranked })), undefined)
  assert.equal(unfitFor(parts({ model: ranked, unmasker: several }))?.code, "denoise.no-visibility")
  // Weights see what they were trained to see, or less of it in shorter blocks, but neither more nor an order they do not know.
  const codeWith = (trained: number | undefined, seen: number | "trained" | undefined) =>
    unfitFor(
      parts({
        model: like(model, trained === undefined ? {} : { blockLength: trained }),
        refresh: { ...fullRefresh, ...(seen === undefined ? {} : { block: seen }) },
      }),
    )?.code
  for (const [trained, seen] of [
    [undefined, undefined],
    [8, 8],
    [8, 4],
    [8, "trained"],
  ] as const)
    assert.equal(codeWith(trained, seen), undefined)
  for (const [trained, seen] of [
    [8, undefined],
    [8, 9],
    [1, 2],
  ] as const)
    assert.equal(codeWith(trained, seen), "denoise.sees-too-much")
  for (const seen of [1, 32, "trained"] as const)
    assert.equal(codeWith(undefined, seen), "denoise.sees-too-little")
  const sampler = unfitFor(parts({ sampler: historySampler(2, 1) }))
  assert.deepEqual([sampler?.code, sampler?.path], ["denoise.left-to-right-sampler", "sampler"])
  assert.equal((await failure(parts(), request(6))).code, "request.block-does-not-divide")
  assert.equal((await finish(parts(), request(3))).tokens.length, 3)
})

const proposing = (edits: readonly Edit[], settle?: () => number): Unmasker => ({
  name: "broken",
  proposesSeveral: edits.length > 1,
  open: () => ({
    propose: () => edits as unknown as [Edit, ...Edit[]],
    ...(settle === undefined ? {} : { settle }),
  }),
})

test("an edit that is none is a typed failure", async () => {
  for (const edit of [
    { positions: [], tokens: [] },
    { positions: [0, 0], tokens: [1, 1] },
    { positions: [4], tokens: [1] },
    { positions: [0], tokens: [6] },
    { positions: [0], tokens: [-1] },
    { positions: [0], tokens: [] },
    { positions: [0], tokens: [1], cut: 9 },
  ])
    assert.equal(
      (await failure(parts({ unmasker: proposing([edit]) }), request(8))).code,
      "denoise.invalid-edit",
    )
  const two = [
    { positions: [0], tokens: [1] },
    { positions: [0], tokens: [2] },
  ]
  for (const settle of [undefined, () => 2, () => -1, () => NaN])
    assert.equal(
      (await failure(parts({ unmasker: proposing(two, settle) }), request(8))).code,
      "denoise.nothing-settled",
    )
  const cuts = [{ positions: [0], tokens: [1], cut: 4 }, two[1]!]
  assert.equal(
    (await failure(parts({ unmasker: proposing(cuts, () => 0) }), request(8))).code,
    "denoise.invalid-edit",
  )
})

test("logits that are no numbers are a typed failure", async () => {
  const model = maskedModel({ vocabularySize: 6, seed: 1 })
  const broken: Model = {
    ...model,
    forward: (rows, options) =>
      Effect.map(model.forward(rows, options), (outputs) => {
        outputs["logits"]?.data.fill(NaN)
        return outputs
      }),
  }
  assert.equal((await failure(parts({ model: broken }), request(4))).code, "decode.not-a-number")
})

test("ended anywhere on a canvas, it has given what is committed by then, each position once, and its text in order", async () => {
  const options = parts({ unmasker: fixedCount({ by: "random" }), schedule: blocks({ length: 8 }) })
  const all = await events(options, request(16))
  const whole = finishedOf(all).text
  for (let count = 1; count < all.length; count++) {
    const some = await Effect.runPromise(
      Stream.runCollect(Stream.take(maskedDiffusion(options).decode(request(16)), count)),
    )
    assert.deepEqual(withoutTimes(some), withoutTimes(all.slice(0, count)))
    const cells = new Map<number, number>()
    let text = ""
    for (const event of some)
      if (event.type === "committed") {
        const { position, tokens, text: more } = event as CommittedEvent
        tokens.forEach((token, i) => {
          assert.ok(!cells.has(position + i))
          cells.set(position + i, token)
        })
        text += more
      }
    assert.ok(whole.startsWith(text))
    // Every text so far is that of the filled beginning.
    let filled = 0
    while (cells.has(filled)) filled++
    const beginning = Array.from({ length: filled }, (_, position) => cells.get(position)!)
    assert.equal(text, options.model.tokenizer!.decode(beginning))
  }
})

const withoutTimes = (some: readonly Event[]): readonly object[] =>
  some.map((event) => ({ ...event, milliseconds: 0 }))

test("whatever call fails and wherever it is interrupted, failures are typed and all is released", async () => {
  const sampler: Sampler = parts().sampler
  const unmasker = freedave({ drafts: 3, by: "confidence" })
  const scenario = { sampler, unmasker, refresh: dualCache(), schedule: blocks({ length: 4 }) }
  const model = maskedModel({ vocabularySize: 6, seed: 1 })
  const decode = (faults: Parameters<Parameters<typeof forEveryInterruption>[0]>[0]) =>
    maskedDiffusion({ ...scenario, model: faults.model(model), cache: faults.cache(contiguous()) }).decode(
      request(8),
    )
  assert.ok((await Effect.runPromise(forEveryInterruption(decode))) > 4)
  const failed = await Effect.runPromise(forEveryFailure((faults) => Stream.runDrain(decode(faults))))
  assert.ok(failed > 6, `${failed} calls`)
})
