import assert from "node:assert/strict"
import { test } from "node:test"
import { collectText, type CostModel, type Model, type Request } from "@parade/core"
import { chain, type Drafter, emptyTree } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { greedySampler, naiveCache, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import { measureDrafting } from "./measure-drafting.ts"
import { speculative, type SpeculativeOptions } from "./speculative.ts"

/** A model whose rows are priced, on a machine that keeps figures. */
const pricedModel = (kept: Map<string, readonly number[]>): Model => {
  const cost: CostModel = {
    milliseconds: (rows) => 0.05 * rows,
    source: "a test",
    keep: (name, measure) => {
      const key = name.join("\n")
      const known = kept.get(key)
      return known === undefined
        ? Effect.tap(measure, (figures) => Effect.sync(() => void kept.set(key, figures)))
        : Effect.succeed(known)
    },
  }
  return {
    ...tableModel({ vocabularySize: 6, order: 2, seed: 4, contextLength: 4096 }),
    cost: Effect.succeed(cost),
  }
}

/** A chain of wrong tokens that takes so many milliseconds to make, whether it is deep or not. */
const slowDrafter = (milliseconds: number, asked: { times: number }): Drafter => ({
  name: "slow",
  proposes: ["point"],
  work: `${milliseconds} ms`,
  uses: { newest: ["hidden.final"] },
  open: () =>
    Effect.succeed({
      plan: ({ depth }) =>
        Effect.sync(() => {
          asked.times++
          const until = performance.now() + milliseconds
          while (performance.now() < until);
          return chain(new Int32Array(depth).fill(0))
        }),
      observe: () => Effect.void,
    }),
})

const optionsOf = (model: Model, drafter: Drafter): SpeculativeOptions => ({
  model,
  drafter,
  verifier: exactMatch,
  sampler: greedySampler,
  cache: naiveCache,
})

const request = (seed: number): Request => ({
  prompt: [{ tokens: [1, 2, 3] }],
  target: { kind: "continuation", maxTokens: 20 },
  seed,
})

test("What a drafter takes shows in the rounds that are timed, once for each drafter.", async () => {
  const kept = new Map<string, readonly number[]>()
  const model = pricedModel(kept)
  const asked = { times: 0 }
  const measured = await Effect.runPromise(measureDrafting(optionsOf(model, slowDrafter(5, asked))))
  // It is made in every round that is timed with a tree, and takes at least so long.
  assert.ok(measured!.fixed + measured!.perLevel > 2.5, JSON.stringify(measured))
  const { times } = asked
  assert.ok(times > 0)
  await Effect.runPromise(measureDrafting(optionsOf(model, slowDrafter(5, asked))))
  assert.equal(asked.times, times)
  await Effect.runPromise(measureDrafting(optionsOf(model, slowDrafter(0, asked))))
  assert.ok(asked.times > times)
  assert.equal(kept.size, 2)
})

test("Nothing is timed where nobody keeps the price of rows.", async () => {
  const asked = { times: 0 }
  const model = tableModel({ vocabularySize: 6, order: 2, seed: 4 })
  assert.equal(await Effect.runPromise(measureDrafting(optionsOf(model, slowDrafter(0, asked)))), undefined)
  assert.equal(asked.times, 0)
})

test("A drafter that one text has shown not to pay rests in the next, which reads nothing for it and is told so.", async () => {
  const model = pricedModel(new Map())
  const asked = { times: 0 }
  const read: string[] = []
  const spied: Model = {
    ...model,
    forward: (rows, options) => {
      read.push(...options.outputs.map(({ name }) => name))
      return model.forward(rows, options)
    },
  }
  const drafting = { scale: 1, fixed: 4, perLevel: 0 }
  const decoder = speculative({ ...optionsOf(spied, slowDrafter(0, asked)), drafting })
  const first = await Effect.runPromise(collectText(decoder.decode(request(0))))
  assert.ok(asked.times >= 1 && asked.times <= 2, `${asked.times}`)
  assert.equal(first.stats.counters?.["resting"], 20 - 1 - asked.times)
  asked.times = 0
  read.length = 0
  const second = await Effect.runPromise(collectText(decoder.decode(request(0))))
  assert.equal(asked.times, 0)
  assert.deepEqual([...new Set(read)], ["logits"])
  assert.equal(second.stats.counters?.["resting"], 19)
  assert.deepEqual(second.tokens, first.tokens)
})

test("Where the text may depend on what is drafted, each text learns for itself.", async () => {
  const asked = { times: 0 }
  const options = {
    ...optionsOf(pricedModel(new Map()), slowDrafter(0, asked)),
    verifier: { ...exactMatch, law: "lossy" as const },
    drafting: { scale: 1, fixed: 4, perLevel: 0 },
  }
  const decoder = speculative(options)
  await Effect.runPromise(collectText(decoder.decode(request(0))))
  const { times } = asked
  await Effect.runPromise(collectText(decoder.decode(request(0))))
  assert.equal(asked.times, 2 * times)
})

test("A drafter that has nothing to say costs what is read for it, and rests.", async () => {
  let plans = 0
  const silent: Drafter = {
    name: "silent",
    proposes: ["point"],
    uses: { newest: ["hidden.final"] },
    open: () =>
      Effect.succeed({
        plan: () => Effect.sync(() => (plans++, emptyTree)),
        observe: () => Effect.void,
      }),
  }
  const drafting = { scale: 1, fixed: 0.05, perLevel: 0 }
  const decoder = speculative({ ...optionsOf(pricedModel(new Map()), silent), drafting })
  const { stats } = await Effect.runPromise(collectText(decoder.decode(request(0))))
  assert.ok(plans < 10, `${plans} plans`)
  assert.equal(stats.counters?.["resting"], 19 - plans)
})
