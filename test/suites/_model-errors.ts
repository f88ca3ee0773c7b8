import assert from "node:assert/strict"
import { type ForwardOptions, type Rows, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"
import { failsTyped, sameFloats } from "./_asserts.ts"
import type { ModelBench } from "./_model-bench.ts"
import type { Registrar } from "./test-function.ts"

type Options = Omit<ForwardOptions, "cache">

interface BadCall {
  readonly what: string
  readonly rows: (bench: ModelBench) => Rows
  readonly options?: Partial<Options>
}

const three = (bench: ModelBench): Rows => tokenRows(bench.tokens(1, 3), 0)

const badCalls: readonly BadCall[] = [
  { what: "a token past the vocabulary", rows: ({ model }) => tokenRows([0, model.info.vocabularySize], 0) },
  { what: "a token below -1", rows: () => tokenRows([0, -2], 0) },
  { what: "a vector row without its vector", rows: () => tokenRows([0, -1], 0) },
  { what: "no rows at all", rows: () => tokenRows([], 0) },
  { what: "fewer positions than rows", rows: (bench) => ({ ...three(bench), positions: new Int32Array(1) }) },
  { what: "an output it does not name", rows: three, options: { outputs: [{ name: "no.such", rows: [0] }] } },
  {
    what: "an output of a row past the end",
    rows: three,
    options: { outputs: [{ name: "logits", rows: [3] }] },
  },
  {
    what: "an output of a row before the start",
    rows: three,
    options: { outputs: [{ name: "logits", rows: [-1] }] },
  },
  { what: "fewer ranks than rows", rows: three, options: { visibility: { rule: "ranked", ranks: [0] } } },
  {
    what: "a parent after its child",
    rows: three,
    options: { visibility: { rule: "tree", parents: [-1, 2, 0] } },
  },
  {
    what: "a committed row that is not there",
    rows: three,
    options: { visibility: { rule: "ranked", ranks: [0, 1, 2], cached: [9] } },
  },
  {
    what: "a dense mask of a wrong size",
    rows: three,
    options: { visibility: { rule: "dense", mask: new Uint8Array(4) } },
  },
]

/** Bad input is a typed failure, and does no harm. */
export const promiseModelErrors = (promise: Registrar<ModelBench>): void => {
  for (const { what, rows, options } of badCalls)
    promise(`refuses ${what} and goes on unharmed`, (bench) =>
      Effect.gen(function* () {
        const cache = yield* bench.cache
        const prompt = bench.tokens(2, 3)
        yield* bench.advance(cache, prompt)
        const call = bench.model.forward(rows(bench), {
          cache,
          outputs: [{ name: "logits", rows: [0] }],
          phase: "step",
          ...options,
        })
        yield* failsTyped(what, call)
        assert.equal(cache.length, 3)
        const [row] = yield* bench.logits(cache, tokenRows([prompt[0]!], 3))
        const alone = yield* bench.alone([...prompt, prompt[0]!])
        sameFloats(row!, alone, bench.tolerance, `after ${what}`)
      }),
    )

  promise("refuses rows of another layout", (bench) =>
    Effect.gen(function* () {
      const cache = yield* bench.cache
      yield* bench.advance(cache, bench.tokens(3, 2))
      const block = yield* cache.export([0, 1])
      yield* failsTyped("a block of another layout", cache.import({ ...block, layout: "of-another-model" }))
    }),
  )

  promise("refuses more rows than its context holds", (bench, skip) =>
    Effect.gen(function* () {
      const { contextLength } = bench.model.info
      if (contextLength > 4096)
        return skip(`A context of ${contextLength} rows is too long to fill in a test.`)
      const cache = yield* bench.cache
      const rows = tokenRows(bench.tokens(4, contextLength + 1), 0)
      const call = bench.model.forward(rows, { cache, outputs: [], phase: "prefill" })
      yield* failsTyped(`${contextLength + 1} rows`, call)
    }),
  )

  promise("refuses the embedding of a token past the vocabulary", (bench) =>
    failsTyped("such a token", bench.model.embed([bench.model.info.vocabularySize])),
  )
}
