import { isMadeOfLogits, ModelError, readoutNames } from "@parade/core"
import type {
  Cache,
  CacheError,
  DeviceError,
  ForwardOptions,
  ModelInfo,
  OutputRows,
  OutputRequest,
  Outputs,
  Rows,
} from "@parade/core"
import type { DeviceRows, Feed, Feeds, Fetch, Program, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { checkForward } from "./_check-rows.ts"
import { flagBuffer, floatBuffer, integerBuffer, writeIntegers } from "./_input-buffer.ts"
import { fillMask, narrowMask } from "./_mask.ts"
import type { MaskInput } from "./_mask.ts"
import { outputRows, selectRows } from "./_output-rows.ts"

/** A model's graph made ready, and what a forward needs to know of it. */
export interface Prepared {
  readonly info: ModelInfo
  readonly program: Program
  readonly layoutKey: string
  /** Families of row parts; their new rows come out as `new.<family>`. */
  readonly families: readonly string[]
  readonly rowLocation: "host" | "device"
  /** The masks the graph takes: everything (`mask`), and one per window (`mask.<window>`). */
  readonly windows: readonly (number | undefined)[]
  readonly takesVectors: boolean
  /** Readouts of logits that the graph gives; for `readout` it takes tokens, as `named`. */
  readonly readouts: readonly string[]
}

type ForwardFailure = ModelError | DeviceError | CacheError

/** The name of the mask input for a window. */
export const maskName = (window: number | undefined): string =>
  window === undefined ? "mask" : `mask.${window}`

/** The forward of a prepared model. Keeps its input memory from call to call. */
export const makeForward = (
  prepared: Prepared,
): ((rows: Rows, options: ForwardOptions) => Effect.Effect<Outputs, ForwardFailure>) => {
  const { info, program, layoutKey, families, rowLocation, windows, takesVectors, readouts } = prepared
  const tokens = integerBuffer()
  const positions = integerBuffer()
  const wanted = integerBuffer()
  const named = integerBuffer()
  const full = floatBuffer()
  const narrow = new Map(windows.filter((w) => w !== undefined).map((window) => [window, floatBuffer()]))
  const vectors = floatBuffer()
  const isVector = flagBuffer()
  // One object per store and capacity, so that a forward adds a handful of entries rather than copying dozens.
  const merged = new WeakMap<Feeds, Record<string, Feed>>()
  const rowFetches: readonly Fetch[] = families.map((family) => ({
    name: `new.${family}`,
    location: rowLocation,
  }))

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

  const feedRows = (feeds: Record<string, Feed>, outputs: readonly OutputRequest[]): void => {
    const wantedRows = outputs.find(({ name }) => isMadeOfLogits(name))?.rows ?? []
    // A readout is made of one row at least, be it that nobody looks at it.
    const rows = wantedRows.length === 0 && readouts.length > 0 ? [0] : wantedRows
    const at = wanted.shaped(rows.length)
    writeIntegers(at.data, rows)
    feeds["rows"] = at
    if (!readouts.includes(readoutNames.readout)) return
    const tokens = outputs.find(({ name }) => name === readoutNames.readout)?.tokens ?? []
    const ids = named.shaped(rows.length, Math.max(1, tokens.length / rows.length))
    if (tokens.length === 0) ids.data.fill(0n)
    else writeIntegers(ids.data, tokens)
    feeds["named"] = ids
  }

  const prepare = (rows: Rows, options: ForwardOptions, store: DeviceRows): Record<string, Feed> => {
    const { cache } = options
    const past = store.feeds()
    let feeds = merged.get(past)
    if (feeds === undefined) merged.set(past, (feeds = { ...past }))
    const count = rows.tokens.length
    const ids = tokens.shaped(count)
    writeIntegers(ids.data, rows.tokens)
    if (takesVectors) {
      // A vector row still looks up some embedding; it is not used.
      for (let i = 0; i < count; i++) if (rows.tokens[i] === -1) ids.data[i] = 0n
      feedVectors(feeds, rows)
    }
    feeds["tokens"] = ids
    const places = positions.shaped(count)
    writeIntegers(places.data, rows.positions)
    feeds["positions"] = places
    const visible = { count, cached: cache.length, capacity: store.capacity, visibility: options.visibility }
    feedMasks(feeds, rows, visible, cache)
    feedRows(feeds, options.outputs)
    return feeds
  }

  const collect = (results: Readonly<Record<string, Feed>>, options: ForwardOptions): Outputs => {
    const outputs: Record<string, OutputRows> = {}
    for (const { name, rows } of options.outputs) {
      const { data, dims } = results[name] as Tensor<"float32">
      // Logits and their readouts come out at the rows of the input `rows` alone, all else for every row.
      outputs[name] = isMadeOfLogits(name) ? outputRows(data, dims[1]!) : selectRows(data, dims[1]!, rows)
    }
    return outputs
  }

  const begin = (rows: Rows, options: ForwardOptions): Effect.Effect<Outputs, ForwardFailure> => {
    const failure = checkForward(info, layoutKey, takesVectors, rows, options)
    if (failure !== undefined) return Effect.fail(failure)
    const store = options.cache.store as DeviceRows
    let feeds: Feeds
    try {
      feeds = prepare(rows, options, store)
    } catch (cause) {
      if (cause instanceof ModelError) return Effect.fail(cause)
      throw cause
    }
    const fetches = [...rowFetches]
    for (const { name } of options.outputs) fetches.push({ name })
    return Effect.map(program.run(feeds, fetches), (results) => {
      options.cache.stage({ inputs: rows, content: store.pending(results) })
      return collect(results, options)
    })
  }

  return (rows, options) => Effect.suspend(() => begin(rows, options))
}
