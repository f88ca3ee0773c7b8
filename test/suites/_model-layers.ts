import assert from "node:assert/strict"
import { type Cache, type ParadeError, type Rows, tokenRows, type Visibility } from "@parade/core"
import * as Effect from "effect/Effect"
import { stream } from "../_hash.ts"
import { range } from "../_rows.ts"
import { assertReplays } from "../faults/cache-replay.ts"
import { failsTyped, sameFloats } from "./_asserts.ts"
import type { ModelBench } from "./_model-bench.ts"
import type { Registrar } from "./test-function.ts"

/** Tokens at their places as far as layer `to`; gives copies of the stream there, row after row. */
const below = (
  { model }: ModelBench,
  cache: Cache,
  rows: Rows,
  to: number,
  visibility?: Visibility,
): Effect.Effect<Float32Array, ParadeError> =>
  Effect.map(
    model.forward(rows, {
      cache,
      layers: [0, to],
      outputs: [{ name: `hidden.${to}`, rows: range(rows.tokens.length) }],
      phase: "step",
      ...(visibility === undefined ? {} : { visibility }),
    }),
    (outputs) => {
      const { width } = outputs[`hidden.${to}`]!
      return outputs[`hidden.${to}`]!.data.slice(0, rows.tokens.length * width)
    },
  )

/** Rows that enter layer `from`, at these positions, as far as the last; gives copies of all logits. */
const above = (
  { model }: ModelBench,
  cache: Cache,
  vectors: Float32Array,
  positions: ArrayLike<number>,
  from: number,
  visibility?: Visibility,
): Effect.Effect<readonly Float32Array[], ParadeError> =>
  Effect.map(
    model.forward(
      { tokens: new Int32Array(positions.length).fill(-1), positions: Int32Array.from(positions), vectors },
      {
        cache,
        layers: [from, model.info.layers],
        outputs: [{ name: "logits", rows: range(positions.length) }],
        phase: "step",
        ...(visibility === undefined ? {} : { visibility }),
      },
    ),
    (outputs) => Array.from(range(positions.length), (row) => outputs["logits"]!.row(row).slice()),
  )

const noise = (seed: number, count: number): Float32Array => {
  const next = stream(seed)
  return Float32Array.from({ length: count }, () => 8 * next() - 4)
}

const joined = (...parts: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A tree of three after a text of four: `[2, 3]` under the text, `4` under `2`. */
const text = 4
const tree = { rule: "tree", parents: [-1, -1, 0] } as const
const treePositions = [text, text, text + 1]

/** Rows enter a model at a layer and leave it at one. */
export const promiseModelLayers = (promise: Registrar<ModelBench>): void => {
  const promiseCut = (
    sentence: string,
    check: (bench: ModelBench, cut: number) => Effect.Effect<void, ParadeError, never>,
  ): void =>
    promise(sentence, (bench, skip) =>
      Effect.gen(function* () {
        const { cuts = [] } = bench.model.info
        if (cuts.length === 0) return skip("It is not cut.")
        for (const cut of cuts) yield* check(bench, cut)
        return undefined
      }),
    )

  promiseCut("layer ranges one after the other give what one forward of all layers gives", (bench, cut) =>
    Effect.scoped(
      Effect.gen(function* () {
        const tokens = bench.tokens(100 + cut, text + 3)
        const rows = { ...tokenRows(tokens.slice(text), text), positions: Int32Array.from(treePositions) }
        const whole = yield* bench.cache
        yield* bench.advance(whole, tokens.slice(0, text))
        const expected = yield* bench.logits(whole, rows, tree)
        const cache = yield* bench.cache
        yield* bench.advance(cache, tokens.slice(0, text))
        const states = yield* below(bench, cache, rows, cut, tree)
        const logits = yield* above(bench, cache, states, treePositions, cut, tree)
        for (const [i, row] of logits.entries())
          sameFloats(row, expected[i]!, bench.tolerance, `row ${i} through a cut at ${cut}`)
        yield* cache.commit([0, 2])
        yield* whole.commit([0, 2])
        const next = tokenRows([1], text + 2)
        const [after] = yield* bench.logits(cache, next)
        const [wanted] = yield* bench.logits(whole, next)
        sameFloats(after!, wanted!, bench.tolerance, "the row after them")
        yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
      }),
    ),
  )

  promiseCut("a row that enters with another's stream at its place is that row", (bench, cut) =>
    Effect.scoped(
      Effect.gen(function* () {
        const tokens = bench.tokens(110 + cut, text + 1)
        const cache = yield* bench.cache
        yield* bench.advance(cache, tokens.slice(0, text))
        const states = yield* below(bench, cache, tokenRows(tokens.slice(text), text), cut)
        const apart = { rule: "tree", parents: [-1, -1] } as const
        const [own, entered] = yield* above(bench, cache, joined(states, states), [text, text], cut, apart)
        sameFloats(entered!, own!, bench.tolerance, "the row that entered")
        sameFloats(own!, yield* bench.alone(tokens), bench.tolerance, "the row of the text")
      }),
    ),
  )

  promiseCut(
    "rows that enter behind the first layer are seen by no row of the text, then or later",
    (bench, cut) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { width } = bench.model.info
          const tokens = bench.tokens(120 + cut, text + 3)
          const cache = yield* bench.cache
          yield* bench.advance(cache, tokens.slice(0, text))
          const rows = { ...tokenRows(tokens.slice(text), text), positions: Int32Array.from(treePositions) }
          const states = yield* below(bench, cache, rows, cut, tree)
          const vectors = joined(states, noise(130 + cut, 3 * width))
          const positions = [...treePositions, text + 1, text + 2, text + 2]
          const parents = [...tree.parents, 0, 3, 2]
          const logits = yield* above(bench, cache, vectors, positions, cut, { rule: "tree", parents })
          assert.equal(cache.pending?.inputs.tokens.length, 3, "the rows of the text are pending")
          const whole = yield* bench.cache
          yield* bench.advance(whole, tokens.slice(0, text))
          for (const [i, row] of (yield* bench.logits(whole, rows, tree)).entries())
            sameFloats(logits[i]!, row, bench.tolerance, `row ${i} beside rows that entered`)
          yield* failsTyped("a commit of a row that entered", cache.commit([0, 3]))
          yield* cache.commit([0, 2])
          yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
        }),
      ),
  )

  promiseCut("rows that enter see those above them, and nothing beside or behind them", (bench, cut) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { width } = bench.model.info
        const tokens = bench.tokens(140 + cut, text + 1)
        const cache = yield* bench.cache
        yield* bench.advance(cache, tokens.slice(0, text))
        const states = yield* below(bench, cache, tokenRows(tokens.slice(text), text), cut)
        const [first, second, beside] = [1, 2, 3].map((i) => noise(150 + i, width))
        const parents = [-1, 0, 1, 0]
        const positions = [text, text + 1, text + 2, text + 1]
        const logitsOf = (...entering: readonly Float32Array[]) =>
          above(bench, cache, joined(states, ...entering), positions, cut, { rule: "tree", parents })
        const base = yield* logitsOf(first!, second!, beside!)
        const other = noise(160, width)
        // Passed again with other rows: which of the logits change?
        const changed = (logits: readonly Float32Array[]): readonly boolean[] =>
          logits.map((row, i) => row.some((logit, j) => Math.abs(logit - base[i]![j]!) > 1e-6))
        assert.deepEqual(changed(yield* logitsOf(first!, second!, beside!)), [false, false, false, false])
        assert.deepEqual(changed(yield* logitsOf(other, second!, beside!)), [false, true, true, false])
        assert.deepEqual(changed(yield* logitsOf(first!, other, beside!)), [false, false, true, false])
        assert.deepEqual(changed(yield* logitsOf(first!, second!, other)), [false, false, false, true])
        yield* cache.commit([0])
        yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
      }),
    ),
  )

  promiseCut(
    "refuses to commit rows before they have passed all layers, and goes on unharmed",
    (bench, cut) =>
      Effect.scoped(
        Effect.gen(function* () {
          const tokens = bench.tokens(170 + cut, 3)
          const cache = yield* bench.cache
          yield* below(bench, cache, tokenRows(tokens, 0), cut)
          yield* failsTyped("a commit of rows under way", cache.commit([0]))
          yield* bench.advance(cache, tokens.slice(0, 2))
          const [next] = yield* bench.logits(cache, tokenRows(tokens.slice(2), 2))
          sameFloats(next!, yield* bench.alone(tokens), bench.tolerance, "the next row")
        }),
      ),
  )

  promiseCut(
    "refuses rows that are not those under way, tokens behind the first layer, and ends it has not",
    (bench, cut) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { model } = bench
          const { width, layers } = model.info
          const cache = yield* bench.cache
          const states = yield* below(bench, cache, tokenRows(bench.tokens(180, 2), 0), cut)
          yield* failsTyped(
            "fewer rows than are under way",
            above(bench, cache, states.slice(width), [1], cut),
          )
          yield* failsTyped("rows at other positions", above(bench, cache, states, [0, 2], cut))
          const layersOf = (rows: Rows, range: readonly [number, number]) =>
            model.forward(rows, { cache, layers: range, outputs: [], phase: "step" })
          yield* failsTyped("tokens behind the first layer", layersOf(tokenRows([1, 2], 0), [cut, layers]))
          for (const range of [
            [0, layers + 1],
            [cut, cut],
            [-1, cut],
            [0.5, cut],
          ] as const)
            yield* failsTyped(`layers ${range.join(" to ")}`, layersOf(tokenRows([1, 2], 0), range))
          const rows = tokenRows([1, 2], 0)
          const request = { cache, layers: [0, cut], phase: "step" } as const
          yield* failsTyped(
            "logits before the last layer",
            model.forward(rows, { ...request, outputs: [{ name: "logits", rows: [0] }] }),
          )
        }),
      ),
  )

  promise("rows can only go on from where they have come to", (bench, skip) =>
    Effect.gen(function* () {
      const { cuts = [] } = bench.model.info
      if (cuts.length < 2) return skip("It is not cut twice.")
      const [first, second] = cuts as readonly [number, number]
      const tokens = bench.tokens(190, 3)
      const cache = yield* bench.cache
      const states = yield* below(bench, cache, tokenRows(tokens, 0), first)
      yield* failsTyped("rows that skip layers", above(bench, cache, states, [0, 1, 2], second))
      // One range further, a row enters; two further, another: none of them is kept.
      const { width } = bench.model.info
      const entering = noise(191, width)
      const outputs = yield* bench.model.forward(
        {
          tokens: new Int32Array(4).fill(-1),
          positions: Int32Array.of(0, 1, 2, 3),
          vectors: joined(states, entering),
        },
        {
          cache,
          layers: [first, second],
          outputs: [{ name: `hidden.${second}`, rows: range(4) }],
          phase: "step",
        },
      )
      const middle = outputs[`hidden.${second}`]!.data.slice(0, 4 * width)
      const logits = yield* above(bench, cache, joined(middle, entering), [0, 1, 2, 3, 4], second)
      sameFloats(logits[2]!, yield* bench.alone(tokens), bench.tolerance, "the text through three ranges")
      yield* cache.commit([0, 1, 2])
      yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
      return undefined
    }),
  )
}
