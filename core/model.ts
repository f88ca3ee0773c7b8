import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Cache, RowLayout, RowStore } from "./cache.ts"
import type { CacheError, DeviceError, ModelError } from "./error.ts"
import type { Rows } from "./rows.ts"
import type { Tokenizer } from "./tokenizer.ts"
import type { Visibility, VisibilityRule } from "./visibility.ts"

/** What a model is, as plugins need to know it. */
export interface ModelInfo {
  readonly name: string
  /** Architecture as the checkpoint names it, such as `llama`. */
  readonly architecture: string
  readonly vocabularySize: number
  /** Rows that fit in one sequence. */
  readonly contextLength: number
  /** Floats in a hidden row. */
  readonly width: number
  readonly layers: number
  /** Integers in a position. */
  readonly positionAxes: number
  /** Which position the logits of a masked row predict. */
  readonly maskedRowPredicts: "self" | "next"
  /**
   * In weights that were trained to fill in masks: how many positions a block has, counted from the first row, whose rows
   * see each other and what lies before, nothing behind; `1` is causal. Absent where all see all.
   */
  readonly blockLength?: number
  /** Equal fingerprints, equal vocabularies: checked against draft models and trained parts. */
  readonly vocabularyFingerprint: string
  /**
   * Equal fingerprints, the same weights, in whatever form they are held; checked against parts that were trained for them.
   * Absent where nobody knows.
   */
  readonly weightsFingerprint?: string
  /** Tokens of an answer at most where nobody says: what its weights were trained for, or their makers advise. */
  readonly answerLength?: number
  /** Something it is good at answering, said by a user: what may be asked where nobody asks. */
  readonly examplePrompt?: string
  /** Tokens that end a text. */
  readonly endTokens: readonly number[]
  readonly maskToken: number | undefined
  readonly visibility: readonly VisibilityRule[]
  /** Names that may be asked of `forward`. */
  readonly outputs: readonly string[]
  /** Whether rows may be vectors. */
  readonly takesVectors: boolean
  /** Layers, ascending, that a forward may begin or end at beside the first and the last; none where absent. */
  readonly cuts?: readonly number[]
  /** How the weights are held and computed, such as `fp32` or `q8`. */
  readonly dtype: string
  readonly device: string
  /** Whether several rows at once give bit-identical results to one row at a time. */
  readonly widthInvariant: boolean
  readonly weightBytes: number
}

/**
 * One output wanted: `logits`, `hidden.12`, `hidden.final` … at the rows named. All outputs made of logits (see
 * `readoutNames`) are asked for at the same rows.
 */
export interface OutputRequest {
  readonly name: string
  /** Indices into the rows of this forward; results come in this order. */
  readonly rows: ArrayLike<number>
  /** For `readout`: tokens whose logits are wanted too, `[rows, N]`, row-major; `N` is their number over that of rows. */
  readonly tokens?: ArrayLike<number>
  /** For `readout.drawn`: how the tokens are drawn; where absent none is, and the rows hold zeros. */
  readonly draws?: Draws
}

/** How a token of each row is drawn by the softmax of its logits at a temperature; a mask token counts as impossible. */
export interface Draws {
  /** One for each row, in [0, 1): where the cumulative distribution in the order of tokens passes it is the token. */
  readonly u: ArrayLike<number>
  /** {@link leastDrawn} or more. */
  readonly temperature: number
}

export interface ForwardOptions {
  readonly cache: Cache
  /** Defaults to causal. */
  readonly visibility?: Visibility
  readonly outputs: readonly OutputRequest[]
  /** `prefill`: the text before decoding; `step`: everything after. Some layers behave differently in the two. */
  readonly phase: "prefill" | "step"
  /**
   * Layers `[from, to)`, each end 0, `info.layers` or one of `info.cuts`; all by default. Its outputs are `hidden.from` to
   * `hidden.to`, and those of the head where it ends with the last layer.
   *
   * A text passes the layers in one forward or in several, one range after the other: rows that have come to layer `to`
   * are pending, and `incomplete` until they have passed the last one. Rows of a forward that begins behind the first
   * layer are vectors, the stream as it enters `from` (`hidden.from`). The first of them are the rows of the forward
   * before, where the pending rows have come as far: with the same positions, and what they are given may differ from what
   * they were. The rows behind them enter here: they see the committed rows and whom `visibility` says, in these layers
   * alone, and are never committed. Layers that pending rows have passed already may be passed again, which replaces
   * what the rows have stored there.
   */
  readonly layers?: readonly [from: number, to: number]
}

/** `count` rows of `width` floats. A view: valid until the next forward of the model that gave it. */
export interface OutputRows {
  readonly count: number
  readonly width: number
  readonly data: Float32Array
  readonly row: (index: number) => Float32Array
}

/** The outputs asked for, by name. */
export type Outputs = Readonly<Record<string, OutputRows>>

/** The measured price of a forward. */
export interface CostModel {
  /** Milliseconds for `rows` new rows over `context` cached ones. */
  readonly milliseconds: (rows: number, context: number) => number
  /** Where the figures come from, for people. */
  readonly source: string
  /**
   * Other figures that depend on the same model and machine, and on what `name` says: measured when first asked for, and kept as
   * long as those of rows. Absent where nothing is kept.
   */
  readonly keep?: <E, R>(
    name: readonly string[],
    measure: Effect<readonly number[], E, R>,
  ) => Effect<readonly number[], E, R>
}

/**
 * A language model on a device. `forward` computes `T` rows over the committed rows of the cache and stages them
 * there; it never commits.
 */
export interface Model {
  readonly info: ModelInfo
  readonly tokenizer: Tokenizer | undefined
  readonly layout: RowLayout
  readonly makeStore: Effect<RowStore, DeviceError, Scope>
  readonly forward: (
    rows: Rows,
    options: ForwardOptions,
  ) => Effect<Outputs, ModelError | DeviceError | CacheError>
  /** The price of rows on this device, measured once and kept. `undefined` where nobody has measured. */
  readonly cost: Effect<CostModel | undefined>
  /** The embedding rows of tokens, `[tokens, width]`; what a vector row replaces. */
  readonly embed: (tokens: ArrayLike<number>) => Effect<Float32Array, ModelError | DeviceError>
  /**
   * The logits of rows as `hidden.final` gives them, `[rows, width]`; what it gives is the caller's to keep. Absent
   * where nobody declared the need (`head`) or there is no such matrix.
   */
  readonly head: ((hidden: Float32Array) => Effect<OutputRows, ModelError | DeviceError>) | undefined
}
