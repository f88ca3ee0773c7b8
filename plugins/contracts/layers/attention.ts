import { kind } from "@parade/core"
import type { Kind } from "@parade/core"
import type { GraphBuilder, Value } from "@parade/graph"
import type { Architecture } from "./architecture.ts"
import type { PartWeights } from "./weights.ts"

/** An array that a row stores in the cache for one layer, `[blocks, width]` floats. */
export interface StoredPart {
  /** Names the part within the layer and its family across layers: `key`, `value`. */
  readonly family: string
  readonly blocks: number
  readonly width: number
}

/** What an attention builds its sub-layer from. */
export interface AttentionInput {
  readonly builder: GraphBuilder
  readonly architecture: Architecture
  readonly layer: number
  /** Names within the layer's attention: `q_proj.weight`. */
  readonly weights: PartWeights
  /** The normalised rows, `[T, width]`. */
  readonly rows: Value
  /** `[T]`, int64. */
  readonly positions: Value
  /**
   * Added to scores, `[T, C+T]`: 0 where a row sees a column, hugely negative elsewhere; for the window declared. In
   * training `[B, L, L]`, for `T = B·L` rows of `B` sequences one after another, of which none sees another.
   */
  readonly mask: Value
  /** What cached rows stored, `[blocks, C, width]`, in the order declared; nothing in training. */
  readonly past: readonly Value[]
}

export interface AttentionOutput {
  /** What is added to the residual, `[T, width]`. */
  readonly rows: Value
  /** What the new rows store, `[blocks, T, width]`, in the order declared. */
  readonly stored: readonly Value[]
}

/** The whole attention sub-layer of a transformer, from normalised rows to what is added to the residual. */
export interface Attention {
  /** Equal names build alike, as long as their code is the same. */
  readonly name: string
  /** The modules that build it (`import.meta.url`). Without them graphs are built at every start, as code may have changed. */
  readonly modules?: readonly string[]
  /** What a row stores per layer. A function of the architecture alone, so that equal layouts mean readable rows. */
  readonly stores: (architecture: Architecture, layer: number) => readonly StoredPart[]
  /** How far the layer sees; the model hides what lies beyond. `undefined`: everything. */
  readonly window: (architecture: Architecture, layer: number) => number | undefined
  readonly build: (input: AttentionInput) => AttentionOutput
}

/** The kind `attention`. */
export const AttentionKind: Kind<Attention> = kind("attention")
