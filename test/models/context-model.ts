import {
  type Model,
  ModelError,
  type ModelInfo,
  type OutputRows,
  type Outputs,
  type RowLayout,
  rowCount,
  causal,
  type Tokenizer,
  visibilityMatrix,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { checkForward } from "./_check-forward.ts"
import { memoryStore } from "./memory-store.ts"

/** What a row sees, in row order, itself last: per visible row its token id (of a vector, what it spells). */
export interface RowContext {
  readonly tokens: Float64Array
  readonly positions: Float64Array
}

/** A language model as a function. */
export interface ContextModelOptions {
  readonly name: string
  readonly vocabularySize: number
  /** Writes the logits that follow a context, `[vocabularySize]`; must depend on nothing else. */
  readonly logits: (context: RowContext, out: Float32Array) => void
  readonly tokenizer?: Tokenizer | undefined
  readonly contextLength?: number | undefined
  readonly endTokens?: readonly number[] | undefined
  readonly maskToken?: number | undefined
  /** The logits depend on the newest token alone: a hidden row says enough, and the model has a head. */
  readonly markov?: boolean | undefined
  /** `next` by default. */
  readonly maskedRowPredicts?: ModelInfo["maskedRowPredicts"] | undefined
}

const blocks = 2
const width = 3
const floats = blocks * width
const layout: RowLayout = {
  key: `context-${blocks}x${width}`,
  parts: [
    { name: "token.0", family: "token", layer: 0, blocks, width },
    { name: "position.0", family: "position", layer: 0, blocks, width },
  ],
}
const embeddingWidth = 2

/** A value spelt in every float of a row, each with an offset of its own. */
const spell = (part: Float32Array, rows: number, row: number, value: number): void => {
  for (let k = 0; k < floats; k++) {
    const block = Math.floor(k / width)
    part[(block * rows + row) * width + (k % width)] = value + 4096 * k
  }
}

/** The value of a row; a number no row was spelt with as soon as one float is of another row. */
const unspell = (part: Float32Array, rows: number, row: number): number => {
  let sum = 0
  for (let k = 0; k < floats; k++) {
    const block = Math.floor(k / width)
    sum += (part[(block * rows + row) * width + (k % width)]! - 4096 * k) * (k + 1)
  }
  return sum / ((floats * (floats + 1)) / 2)
}

/** Outputs in one buffer that becomes NaN with the next forward, so that a view kept too long shows. */
const makeViews = (): ((rows: number, width: number) => Float32Array) & { expire: () => void } => {
  let live: Float32Array[] = []
  const make = (rows: number, width: number): Float32Array => {
    const data = new Float32Array(rows * width)
    live.push(data)
    return data
  }
  return Object.assign(make, {
    expire: () => {
      for (const data of live) data.fill(NaN)
      live = []
    },
  })
}

/**
 * A model whose logits are a given function of what a row sees, exact and width-invariant, with a real cache: rows
 * store their token and position in every float, so that a cache that mixes or loses rows shows as wrong logits.
 * Grants every visibility; outputs are `logits` and `hidden.final`, which is the token of a row and how many rows it
 * sees, and turn to NaN with the next forward.
 */
export const contextModel = (options: ContextModelOptions): Model => {
  const { vocabularySize } = options
  const info: ModelInfo = {
    name: options.name,
    architecture: "context",
    vocabularySize,
    contextLength: options.contextLength ?? 2048,
    width: embeddingWidth,
    layers: 1,
    positionAxes: 1,
    maskedRowPredicts: options.maskedRowPredicts ?? "next",
    vocabularyFingerprint: `pieces-${vocabularySize}`,
    endTokens: options.endTokens ?? [],
    maskToken: options.maskToken,
    visibility: ["ranked", "tree", "branches", "dense"],
    outputs: ["logits", "hidden.final"],
    takesVectors: true,
    dtype: "exact",
    device: "host",
    widthInvariant: true,
    weightBytes: 0,
  }
  const views = makeViews()

  const forward: Model["forward"] = Effect.fnUntraced(function* (rows, { cache, ...forwardOptions }) {
    views.expire()
    const problem = checkForward(info, layout, rows, cache, forwardOptions)
    if (problem !== undefined) return yield* Effect.fail(problem)
    const count = rowCount(rows)
    const cached = cache.length
    const sees = yield* Effect.try({
      try: () => visibilityMatrix(forwardOptions.visibility ?? causal(count), cached, count),
      catch: (cause) =>
        new ModelError({ code: "model.malformed-visibility", message: (cause as RangeError).message, cause }),
    })

    const old = yield* cache.store.read(Array.from({ length: cached }, (_, i) => i))
    const token = new Float32Array(floats * count)
    const position = new Float32Array(floats * count)
    const tokens = new Float64Array(cached + count)
    const positions = new Float64Array(cached + count)
    for (let i = 0; i < cached; i++) {
      tokens[i] = unspell(old["token.0"]!, cached, i)
      positions[i] = unspell(old["position.0"]!, cached, i)
    }
    for (let i = 0, vector = 0; i < count; i++) {
      let value = rows.tokens[i]!
      if (value < 0) {
        const first = rows.vectors![embeddingWidth * vector]!
        // An embedding is [t, -t-1]; anything else is no token and seen as something else.
        value = 2 * first + rows.vectors![embeddingWidth * vector + 1]! + 1
        vector++
      }
      spell(token, count, i, value)
      spell(position, count, i, rows.positions[i]!)
      tokens[cached + i] = unspell(token, count, i)
      positions[cached + i] = unspell(position, count, i)
    }

    const contextOf = (row: number): RowContext => {
      const columns: number[] = []
      const at = row * (cached + count)
      for (let j = 0; j < cached + count; j++) if (sees[at + j] === 1 && j !== cached + row) columns.push(j)
      columns.push(cached + row)
      return {
        tokens: Float64Array.from(columns, (j) => tokens[j]!),
        positions: Float64Array.from(columns, (j) => positions[j]!),
      }
    }
    const outputs: Record<string, OutputRows> = {}
    for (const wanted of forwardOptions.outputs) {
      const outputWidth = wanted.name === "logits" ? vocabularySize : embeddingWidth
      const data = views(wanted.rows.length, outputWidth)
      const row = (i: number): Float32Array => data.subarray(i * outputWidth, (i + 1) * outputWidth)
      for (let i = 0; i < wanted.rows.length; i++) {
        const context = contextOf(wanted.rows[i]!)
        if (wanted.name === "logits") options.logits(context, row(i))
        else row(i).set([context.tokens.at(-1)!, context.tokens.length])
      }
      outputs[wanted.name] = { count: wanted.rows.length, width: outputWidth, data, row }
    }
    cache.stage({ inputs: rows, content: { "token.0": token, "position.0": position } })
    return outputs as Outputs
  })

  const head: Model["head"] = (hidden) =>
    Effect.sync(() => {
      const count = hidden.length / embeddingWidth
      const data = new Float32Array(count * vocabularySize)
      const row = (i: number): Float32Array => data.subarray(i * vocabularySize, (i + 1) * vocabularySize)
      for (let i = 0; i < count; i++) {
        const newest = hidden.subarray(i * embeddingWidth, i * embeddingWidth + 1)
        options.logits({ tokens: Float64Array.from(newest), positions: Float64Array.of(0) }, row(i))
      }
      return { count, width: vocabularySize, data, row }
    })

  return {
    info,
    head: options.markov === true ? head : undefined,
    tokenizer: options.tokenizer,
    layout,
    makeStore: memoryStore(layout),
    forward,
    cost: Effect.succeed(undefined),
    embed: (tokens) =>
      Effect.suspend(() => {
        const out = new Float32Array(tokens.length * embeddingWidth)
        for (let i = 0; i < tokens.length; i++) {
          const id = tokens[i]!
          if (!Number.isInteger(id) || id < 0 || id >= vocabularySize)
            return Effect.fail(
              new ModelError({ code: "model.token-out-of-range", message: `There is no token ${id}.` }),
            )
          out.set([id, -id - 1], i * embeddingWidth)
        }
        return Effect.succeed(out)
      }),
  }
}
