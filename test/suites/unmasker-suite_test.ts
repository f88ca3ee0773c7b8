import { test } from "node:test"
import {
  bestOf,
  type CanvasView,
  type Edit,
  editOf,
  ranked,
  type Unmasker,
  withProgress,
} from "@parade/denoising"
import * as Effect from "effect/Effect"
import { assertCaught } from "./_broken.ts"
import { unmaskerSuite } from "./unmasker-suite.ts"

const byConfidence = ({ confidence }: { readonly confidence: number }): number => confidence

const rule = (propose: (view: CanvasView) => Edit): Unmasker => ({
  name: "plain",
  open: () => ({ propose: (view) => [propose(view)] }),
})
const plain = rule((view) => withProgress(view, [], byConfidence))
unmaskerSuite(test, Effect.succeed(plain))
unmaskerSuite(test, Effect.succeed(rule(({ open }) => editOf(open))))

const catches = (what: string, broken: Unmasker, sentence: string): void => {
  test(`the unmasker suite catches ${what}`, () =>
    assertCaught((collect) => unmaskerSuite(collect, Effect.succeed(broken)), sentence))
}

const toTheEnd = "fills a canvas to its end, with open positions alone"
catches(
  "rounds that do nothing",
  rule((view) => editOf(view.open.filter(({ confidence }) => confidence > 0.9))),
  toTheEnd,
)
catches(
  "positions that are not open",
  rule(({ open }) => ({ positions: [open[0]!.position + 3], tokens: [1] })),
  toTheEnd,
)
catches(
  "a position filled twice",
  rule(({ open }) => editOf([open[0]!, open[0]!])),
  toTheEnd,
)
catches(
  "the mask put as a token",
  rule(({ open }) => ({ positions: [open[0]!.position], tokens: [5] })),
  toTheEnd,
)
catches(
  "candidates that were not announced",
  {
    name: "several",
    open: () => ({
      propose: ({ open }) => [editOf(open.slice(0, 1)), editOf(open)],
      settle: () => 0,
    }),
  },
  "proposes several candidates only where it says so",
)
catches(
  "a group that must progress and does not",
  rule(({ open }) => editOf([open.at(-1)!])),
  "fills something in every group that must progress",
)
let count = 0
catches(
  "a memory that outlives the canvas",
  rule((view) => editOf(ranked(view.open, byConfidence).slice(0, 1 + (count++ % 2)))),
  "does the same for the same seed",
)
catches(
  "the highest of equal positions taken first",
  rule(({ open }) => editOf([bestOf(open, ({ confidence, position }) => confidence + position * 1e-9)!])),
  "takes the lowest of equal positions",
)
catches(
  "a count that is no number",
  {
    ...plain,
    open: (context) => ({ ...plain.open(context), counters: () => ({ ratio: NaN }) }),
  },
  "counts in numbers",
)
