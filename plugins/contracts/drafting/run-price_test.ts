import assert from "node:assert/strict"
import { test } from "node:test"
import type { CostModel, Model } from "@parade/core"
import { greedySampler, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import { type DraftContext, noReadings, runPrice } from "./mod.ts"

const rowsCost: CostModel = { milliseconds: (rows) => 10 * rows, source: "for this test" }

const contextOf = (weightBytes: number, measured: boolean): DraftContext => {
  const table = tableModel({ vocabularySize: 5, order: 1, seed: 1 })
  const target: Model = {
    ...table,
    info: { ...table.info, weightBytes },
    cost: Effect.succeed(measured ? rowsCost : undefined),
  }
  return {
    target,
    cost: rowsCost,
    history: { length: 3, at: () => 0 } as unknown as DraftContext["history"],
    sampler: greedySampler,
    accepts: ["point"],
    seed: 1,
    prompt: noReadings,
  }
}

/** A run that counts how often it was asked for. */
const counted = () => {
  let runs = 0
  const run = Effect.sync(() => {
    runs++
  })
  return { run, runs: () => runs }
}

test("Where nobody has measured the target's rows, a run costs its share of the bytes, and nothing is run.", async () => {
  const { run, runs } = counted()
  const price = runPrice(() => ({ run, bytes: 25 }))
  assert.equal(await Effect.runPromise(price(contextOf(100, false))), 2.5)
  assert.equal(await Effect.runPromise(price(contextOf(10, false))), 10)
  assert.equal(await Effect.runPromise(price(contextOf(0, false))), 1)
  assert.equal(runs(), 0)
})

test("Where the target's rows were measured, the run is timed, once for each target.", async () => {
  const { run, runs } = counted()
  const price = runPrice(() => ({ run, bytes: 25 }))
  const context = contextOf(100, true)
  const first = await Effect.runPromise(price(context))
  const once = runs()
  assert.ok(once > 2 && first >= 0 && first < 2.5)
  assert.equal(await Effect.runPromise(price(context)), first)
  assert.equal(runs(), once)
  await Effect.runPromise(price(contextOf(100, true)))
  assert.equal(runs(), 2 * once)
})

test("A run that fails says so.", async () => {
  const price = runPrice(() => ({ run: Effect.fail("gone"), bytes: 1 }))
  assert.equal(await Effect.runPromise(Effect.flip(price(contextOf(1, true)))), "gone")
})
