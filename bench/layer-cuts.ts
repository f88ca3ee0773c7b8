/**
 * What it costs to cut a model, and what rows cost that enter in the middle: `node --import tsx bench/layer-cuts.ts [model] [layer] [turns]`, the
 * embedded model at layer 2 by default. Both ways take turns; ratios are medians of processor and of wall time over turns.
 */
import { contiguous } from "@parade/contiguous"
import { type Cache, firstRows, type Model, type ParadeError, tokenRows } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { load } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"

const [named = "npm:@parade/model-tiny-text/model", at = "2", often = "100"] = process.argv.slice(2)
const turns = Number(often)
const context = 128
const forwardsPerTurn = 4

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

interface Time {
  readonly processor: number
  readonly wall: number
}

type Work = Effect.Effect<unknown, ParadeError>

/** Microseconds of one of `forwardsPerTurn` forwards. */
const timed = (work: Work): Effect.Effect<Time, ParadeError> =>
  Effect.gen(function* () {
    const used = process.cpuUsage()
    const start = performance.now()
    for (let i = 0; i < forwardsPerTurn; i++) yield* work
    const wall = ((performance.now() - start) * 1000) / forwardsPerTurn
    const { user, system } = process.cpuUsage(used)
    return { processor: (user + system) / forwardsPerTurn, wall }
  })

const compare = (what: string, a: Work, b: Work): Effect.Effect<void, ParadeError> =>
  Effect.gen(function* () {
    const times: (readonly [Time, Time])[] = []
    yield* timed(a)
    yield* timed(b)
    for (let turn = 0; turn < turns; turn++) times.push([yield* timed(a), yield* timed(b)])
    const ratio = (key: keyof Time): string => median(times.map(([x, y]) => y[key] / x[key])).toFixed(2)
    const first = median(times.map(([x]) => x.processor)).toFixed(0)
    const second = median(times.map(([, y]) => y.processor)).toFixed(0)
    console.log(`${what}: ${first} µs, ${second} µs; × ${ratio("processor")} (wall × ${ratio("wall")})`)
  })

const everyRow = (count: number): number[] => Array.from({ length: count }, (_, row) => row)

const filled = (model: Model) =>
  Effect.gen(function* () {
    const cache = yield* contiguous().make(yield* model.makeStore)
    const tokens = everyRow(context).map((i) => 300 + (i % 200))
    yield* model.forward(tokenRows(tokens, 0), { cache, outputs: [], phase: "prefill" })
    yield* cache.commit(firstRows(context))
    return cache
  })

const whole = (model: Model, cache: Cache, rows: number): Work =>
  model.forward(tokenRows(everyRow(rows), context), {
    cache,
    outputs: [{ name: "logits", rows: everyRow(rows) }],
    phase: "step",
  })

/** Rows that pass all layers, then `more` that enter at the cut. */
const entered = (model: Model, cache: Cache, rows: number, more: number, layer: number): Work =>
  Effect.gen(function* () {
    const { width, layers } = model.info
    const name = `hidden.${layer}`
    const below = yield* model.forward(tokenRows(everyRow(rows), context), {
      cache,
      layers: [0, layer],
      outputs: [{ name, rows: everyRow(rows) }],
      phase: "step",
    })
    const all = rows + more
    const vectors = new Float32Array(all * width)
    // Rows of the stream, as what enters resembles; zeros would be of another price.
    for (let row = 0; row < all; row++) vectors.set(below[name]!.row(row % rows), row * width)
    const positions = Int32Array.from(everyRow(all), (row) => context + row)
    yield* model.forward(
      { tokens: new Int32Array(all).fill(-1), positions, vectors },
      { cache, layers: [layer, layers], outputs: [{ name: "logits", rows: everyRow(all) }], phase: "step" },
    )
  })

const main = Effect.gen(function* () {
  const layer = Number(at)
  const source = yield* locateSource(named, process.cwd())
  const options = {
    source,
    attention: groupedQueryAttention,
    dtype: "fp32",
    device: "cpu",
    threads: 1,
    outputs: [],
    takesVectors: false,
    lendsHead: false,
  } as const
  const one = yield* load(options)
  const cut = yield* load({ ...options, cuts: [layer] })
  const [cacheOne, cacheCut] = [yield* filled(one), yield* filled(cut)]
  for (const rows of [1, 4, 16])
    yield* compare(
      `${rows} rows, whole and cut at ${layer}`,
      whole(one, cacheOne, rows),
      whole(cut, cacheCut, rows),
    )
  for (const [rows, more] of [
    [1, 3],
    [4, 12],
    [8, 24],
  ] as const)
    yield* compare(
      `${rows + more} rows in one piece, and ${rows} rows with ${more} that enter at ${layer}`,
      whole(one, cacheOne, rows + more),
      entered(cut, cacheCut, rows, more, layer),
    )
})

await Effect.runPromise(Effect.scoped(main))
