import { test } from "node:test"
import { allPositions, positionRange, type Refresh, type RowPlan } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { assertCaught } from "./_broken.ts"
import { refreshSuite } from "./refresh-suite.ts"

/** Everything before a block kept since it began. */
const plain = (exact = false): Refresh => ({
  name: "plain",
  exact,
  open: () => {
    let block = -1
    return {
      plan(state, stage) {
        const { start, end } = stage.block
        if (start === block)
          return { compute: positionRange(start, Math.min(end, state.length)), keep: new Int32Array(0) }
        block = start
        return { compute: allPositions(state), keep: positionRange(-state.promptLength, start) }
      },
    }
  },
})
refreshSuite(test, Effect.succeed(plain()))

const catches = (what: string, broken: Refresh, sentence: string): void => {
  test(`the refresh suite catches ${what}`, () =>
    assertCaught((collect) => refreshSuite(collect, Effect.succeed(broken)), sentence))
}

const withPlan = (change: (plan: RowPlan, promptLength: number) => RowPlan): Refresh => ({
  ...plain(),
  open: (shape) => {
    const refreshing = plain().open(shape)
    return { plan: (state, stage) => change(refreshing.plan(state, stage), shape.promptLength) }
  },
})

const rows = "computes rows of prompt and canvas, in order, and keeps some of them"
catches(
  "rows before the prompt",
  withPlan((plan, promptLength) => ({ ...plan, compute: Int32Array.of(-promptLength - 1, ...plan.compute) })),
  rows,
)
catches(
  "rows out of order",
  withPlan((plan) => ({ ...plan, compute: plan.compute.toReversed() })),
  rows,
)
catches(
  "rows kept that were not computed",
  withPlan((plan) => ({ ...plan, keep: Int32Array.of(-1) })),
  rows,
)
catches(
  "open positions that are not computed",
  withPlan((plan) => ({ ...plan, compute: plan.compute.slice(0, -1) })),
  "computes what is open",
)
catches(
  "rows attended to that are not there",
  withPlan((plan) => ({ ...plan, attend: Int32Array.of(3) })),
  "attends to what is cached",
)
catches(
  "a prompt that is forgotten",
  withPlan((plan) => ({ ...plan, keep: plan.keep.filter((position) => position >= 0) })),
  "leaves no part of the prompt and no filled position unseen",
)
catches("stale rows said to be exact", plain(true), "is exact where it says so")
let shared = -1
catches(
  "memory shared by all canvases",
  {
    ...plain(),
    open: () => ({
      plan(state, { block: { start } }) {
        const fresh = start !== shared
        shared = start
        return fresh
          ? { compute: allPositions(state), keep: positionRange(-state.promptLength, start) }
          : { compute: positionRange(start, state.length), keep: new Int32Array(0) }
      },
    }),
  },
  "one canvas at a time",
)
catches(
  "rows that have been cut off",
  {
    ...plain(),
    open: (shape) => ({ plan: () => ({ compute: allPositions(shape), keep: new Int32Array(0) }) }),
  },
  "goes on with a canvas that has been cut",
)
