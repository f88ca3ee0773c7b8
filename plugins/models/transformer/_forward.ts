import { isMadeOfLogits, ModelError, namesTokens, readoutNames } from "@parade/core"
import type {
  Cache,
  CacheError,
  DeviceError,
  Draws,
  ForwardOptions,
  ModelInfo,
  OutputRows,
  OutputRequest,
  Outputs,
  PendingRows,
  Rows,
} from "@parade/core"
import type { DeviceRows, Feed, Feeds, Fetch, Program, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { checkForward } from "./_check-rows.ts"
import { flagBuffer, floatBuffer, integerBuffer, writeIntegers } from "./_input-buffer.ts"
import type { LayerRange } from "./_layout.ts"
import { fillMask, narrowMask } from "./_mask.ts"
import type { MaskInput } from "./_mask.ts"
import { outputRows, selectRows } from "./_output-rows.ts"
import { checkPassage, type Passage } from "./_passage.ts"

/** The graph of some layers, made ready. */
export interface Piece {
  readonly layers: LayerRange
  readonly program: Pick<Program, "run">
  /** Families of row parts; their new rows come out as `new.<family>`. */
  readonly families: readonly string[]
}

/** A model's graphs made ready, and what a forward needs to know of them. */
export interface Prepared {
  readonly info: ModelInfo
  /** One piece after the other, all layers in one where the model is not cut; or all layers in one first, and then the pieces. */
  readonly pieces: readonly Piece[]
  readonly layoutKey: string
  readonly rowLocation: "host" | "device"
  /** The masks the graphs take: everything (`mask`), and one per window (`mask.<window>`). */
  readonly windows: readonly (number | undefined)[]
  readonly takesVectors: boolean
  /** Readouts of logits that the last graph gives; for `readout` it takes tokens, as `named`. */
  readonly readouts: readonly string[]
}

/** The greatest draw of a graph, whose sums are float32. */
const MOST_DRAWN = 1 - 2 ** -20

type ForwardFailure = ModelError | DeviceError | CacheError

/** The name of the mask input for a window. */
export const maskName = (window: number | undefined): string =>
  window === undefined ? "mask" : `mask.${window}`

/** The layer of an output `hidden.<layer>`. */
const layerOf = (output: string): number | undefined => {
  const layer = /^hidden\.(\d+)$/.exec(output)?.[1]
  return layer === undefined ? undefined : Number(layer)
}

/** The forward of a prepared model. Keeps its input memory from call to call. */
export const makeForward = (
  prepared: Prepared,
): ((rows: Rows, options: ForwardOptions) => Effect.Effect<Outputs, ForwardFailure>) => {
  const { info, pieces, layoutKey, rowLocation, windows, takesVectors, readouts } = prepared
  const tokens = integerBuffer()
  const positions = integerBuffer()
  const wanted = integerBuffer()
  const named = integerBuffer()
  const draws = floatBuffer()
  const full = floatBuffer()
  const narrow = new Map(windows.filter((w) => w !== undefined).map((window) => [window, floatBuffer()]))
  const vectors = floatBuffer()
  const isVector = flagBuffer()
  // One object per store and capacity, so that a forward adds a handful of entries rather than copying dozens.
  const merged = new WeakMap<Feeds, Record<string, Feed>>()
  const passages = new WeakMap<PendingRows, Passage>()

  const feedMasks = (feeds: Record<string, Feed>, rows: Rows, input: MaskInput, cache: Cache): void => {
    const mask = full.shaped(input.count, input.capacity + input.count)
    fillMask(mask.data, input)
    for (const window of windows)
      if (window === undefined) feeds["mask"] = mask
      else {
        const narrowed = narrow.get(window)!.shaped(input.count, input.capacity + input.count)
        narrowMask(narrowed.data, mask.data, window, input, rows.positions, cache.inputs.positions)
        feeds[maskName(window)] = narrowed
      }
  }

  const feedVectors = (feeds: Record<string, Feed>, rows: Rows): void => {
    const count = rows.tokens.length
    const values = vectors.shaped(count, info.width)
    const flags = isVector.shaped(count, 1)
    let next = 0
    for (let i = 0; i < count; i++) {
      const vector = rows.tokens[i] === -1
      flags.data[i] = vector ? 1 : 0
      if (vector) values.data.set(rows.vectors!.subarray(next, (next += info.width)), i * info.width)
    }
    feeds["vectors"] = values
    feeds["is.vector"] = flags
  }

  const feedTokens = (feeds: Record<string, Feed>, rows: Rows): void => {
    const count = rows.tokens.length
    const ids = tokens.shaped(count)
    writeIntegers(ids.data, rows.tokens)
    if (takesVectors) {
      // A vector row still looks up some embedding; it is not used.
      for (let i = 0; i < count; i++) if (rows.tokens[i] === -1) ids.data[i] = 0n
      feedVectors(feeds, rows)
    }
    feeds["tokens"] = ids
  }

  const feedRows = (feeds: Record<string, Feed>, outputs: readonly OutputRequest[]): void => {
    const wantedRows = outputs.find(({ name }) => isMadeOfLogits(name))?.rows ?? []
    // A readout is made of one row at least, be it that nobody looks at it.
    const rows = wantedRows.length === 0 && readouts.length > 0 ? [0] : wantedRows
    const at = wanted.shaped(rows.length)
    writeIntegers(at.data, rows)
    feeds["rows"] = at
    if (readouts.includes(readoutNames.drawn))
      feedDraws(feeds, rows.length, outputs.find(({ name }) => name === readoutNames.drawn)?.draws)
    if (!readouts.some(namesTokens)) return
    const tokens = outputs.find(({ name }) => namesTokens(name))?.tokens ?? []
    const ids = named.shaped(rows.length, Math.max(1, tokens.length / rows.length))
    if (tokens.length === 0) ids.data.fill(0n)
    else writeIntegers(ids.data, tokens)
    feeds["named"] = ids
  }

  /** `[rows, 0]` where nothing is drawn; with the inverse of the temperature where that is not 1. */
  const feedDraws = (feeds: Record<string, Feed>, count: number, asked: Draws | undefined): void => {
    if (asked === undefined) {
      feeds["draws"] = draws.shaped(count, 0)
      return
    }
    const { u, temperature } = asked
    const width = temperature === 1 ? 1 : 2
    const how = draws.shaped(count, width)
    for (let i = 0; i < count; i++) {
      how.data[i * width] = Math.min(u[i]!, MOST_DRAWN)
      if (width > 1) how.data[i * width + 1] = 1 / temperature
    }
    feeds["draws"] = how
  }

  const prepare = (
    rows: Rows,
    options: ForwardOptions,
    store: DeviceRows,
    from: number,
  ): Record<string, Feed> => {
    const { cache } = options
    const past = store.feeds()
    let feeds = merged.get(past)
    if (feeds === undefined) merged.set(past, (feeds = { ...past }))
    const count = rows.tokens.length
    if (from === 0) feedTokens(feeds, rows)
    else feeds[`hidden.${from}`] = { type: "float32", dims: [count, info.width], data: rows.vectors! }
    const places = positions.shaped(count)
    writeIntegers(places.data, rows.positions)
    feeds["positions"] = places
    const visible = { count, cached: cache.length, capacity: store.capacity, visibility: options.visibility }
    feedMasks(feeds, rows, visible, cache)
    feedRows(feeds, options.outputs)
    return feeds
  }

  /** What a piece is asked for, beside the new rows of its families: its outputs, and what enters the next one. */
  const asked = (piece: Piece, to: number, outputs: readonly OutputRequest[]): Set<string> => {
    const [first, end] = piece.layers
    const names = new Set<string>()
    if (end < to) names.add(`hidden.${end}`)
    for (const { name } of outputs) {
      const layer = layerOf(name) ?? info.layers
      // What enters a later piece comes out of the one before.
      if (layer <= end && (layer > first || first === 0)) names.add(name)
    }
    return names
  }

  const collect = (
    results: Readonly<Record<string, Feed>>,
    rows: Rows,
    { outputs: requests }: ForwardOptions,
    from: number,
  ): Outputs => {
    const outputs: Record<string, OutputRows> = {}
    for (const { name, rows: some } of requests) {
      if (from > 0 && layerOf(name) === from) {
        outputs[name] = selectRows(rows.vectors!, info.width, some)
        continue
      }
      const { data, dims } = results[name] as Tensor<"float32">
      // Logits and their readouts come out at the rows of the input `rows` alone, all else for every row.
      outputs[name] = isMadeOfLogits(name) ? outputRows(data, dims[1]!) : selectRows(data, dims[1]!, some)
    }
    return outputs
  }

  /** Runs the pieces of a range one after the other; gives all that they were asked for. */
  const runPieces = (
    feeds: Record<string, Feed>,
    range: LayerRange,
    options: ForwardOptions,
    isStored: boolean,
  ): Effect.Effect<Record<string, Feed>, DeviceError> => {
    const isRange = ({ layers }: Piece): boolean => layers[0] === range[0] && layers[1] === range[1]
    const whole = pieces.find(isRange)
    const isWithin = ({ layers }: Piece): boolean => layers[0] >= range[0] && layers[1] <= range[1]
    const own = whole === undefined ? pieces.filter(isWithin) : [whole]
    const results: Record<string, Feed> = {}
    const runFrom = (i: number): Effect.Effect<Record<string, Feed>, DeviceError> => {
      const piece = own[i]!
      const fetches: Fetch[] = [...asked(piece, range[1], options.outputs)].map((name) => ({ name }))
      if (isStored)
        for (const family of piece.families) fetches.push({ name: `new.${family}`, location: rowLocation })
      return Effect.flatMap(piece.program.run(feeds, fetches), (made) => {
        Object.assign(results, made)
        if (i === own.length - 1) return Effect.succeed(results)
        const entering = `hidden.${piece.layers[1]}`
        feeds[entering] = made[entering]!
        return runFrom(i + 1)
      })
    }
    return runFrom(0)
  }

  const stage = (
    rows: Rows,
    { cache }: ForwardOptions,
    [from, to]: LayerRange,
    earlier: Passage | undefined,
    results: Readonly<Record<string, Feed>>,
  ): void => {
    const stored: Record<string, Feed> = { ...earlier?.stored }
    for (const { families } of pieces)
      for (const family of families) {
        const name = `new.${family}`
        if (results[name] !== undefined) stored[name] = results[name]
      }
    const inputs = from === 0 ? rows : cache.pending!.inputs
    const content = (cache.store as DeviceRows).pending(stored)
    const pending = to < info.layers ? { inputs, content, incomplete: true } : { inputs, content }
    if (pieces.length > 1) passages.set(pending, { rows, passed: to, stored })
    cache.stage(pending)
  }

  const begin = (rows: Rows, options: ForwardOptions): Effect.Effect<Outputs, ForwardFailure> => {
    const range = options.layers ?? [0, info.layers]
    const from = range[0]
    const pending = from > 0 ? options.cache.pending : undefined
    const earlier = pending === undefined ? undefined : passages.get(pending)
    const failure =
      checkForward(info, layoutKey, takesVectors, rows, options) ??
      (pending === undefined ? undefined : checkPassage(earlier, rows, from))
    if (failure !== undefined) return Effect.fail(failure)
    const store = options.cache.store as DeviceRows
    let feeds: Record<string, Feed>
    try {
      feeds = prepare(rows, options, store, from)
    } catch (cause) {
      if (cause instanceof ModelError) return Effect.fail(cause)
      throw cause
    }
    // Rows that enter behind the first layer are never committed: without others nothing is worth keeping.
    const isStored = from === 0 || earlier !== undefined
    return Effect.map(runPieces(feeds, range, options, isStored), (results) => {
      if (isStored) stage(rows, options, range, earlier, results)
      return collect(results, rows, options, from)
    })
  }

  return (rows, options) => Effect.suspend(() => begin(rows, options))
}
