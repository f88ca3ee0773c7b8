import type { Activation } from "@parade/graph"

/** Rotary position embedding of a layer (RoFormer), pairs half a head apart. */
export interface Rotary {
  /** The base the frequencies are powers of. */
  readonly base: number
  /** Dimensions of a head that are turned; the rest passes (partial rotary). Even. */
  readonly width: number
  readonly scaling: RotaryScaling
}

/** How frequencies are stretched for contexts longer than the first training saw. */
export type RotaryScaling =
  | { readonly kind: "none" }
  /** All frequencies divided by `factor`. */
  | { readonly kind: "linear"; readonly factor: number }
  /** Llama 3.1: low frequencies divided, high ones kept, a ramp between them. */
  | {
      readonly kind: "llama3"
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContext: number
    }

/** What may differ from layer to layer. */
export interface LayerArchitecture {
  /** A row sees rows less than this many positions away; every row where absent. */
  readonly window?: number
  /** Absent where positions do not enter the attention. */
  readonly rotary?: Rotary
}

/** Root-mean-square or layer normalisation. */
export interface Norm {
  readonly kind: "rms" | "layer"
  readonly epsilon: number
  /** Added to the stored weight: `1` where a checkpoint stores the difference from one (Gemma). */
  readonly offset: 0 | 1
}

/** A decoder-only transformer as data. */
export interface Architecture {
  /** As the checkpoint names it: `llama`, `gemma2`. */
  readonly name: string
  readonly vocabulary: number
  /** Floats in a row between layers. */
  readonly width: number
  /** Rows that fit. */
  readonly contextLength: number
  readonly layers: readonly LayerArchitecture[]
  /** Which position the row of a mask predicts, in weights that were trained to fill in; its own where absent. */
  readonly maskedRowPredicts?: "self" | "next"
  /** Positions of a block, where such weights see nothing behind the block of a row; all there is where absent. */
  readonly blockLength?: number
  /** The mask of such weights, where a config does not name it. */
  readonly maskToken?: number
  readonly norm: Norm
  readonly attention: {
    readonly heads: number
    /** Groups of query heads share one key and one value head. */
    readonly keyValueHeads: number
    readonly headWidth: number
    /** Multiplies query · key. */
    readonly scale: number
    /** Scores become `softcap · tanh(score / softcap)`. */
    readonly softcap?: number
    /** A norm on every query and key head before rotation. */
    readonly queryKeyNorm: boolean
    readonly queryKeyValueBias: boolean
    readonly outputBias: boolean
  }
  readonly feedForward: {
    readonly width: number
    readonly activation: Activation
    /** `down(activation(gate(x)) · up(x))` rather than `down(activation(up(x)))`. */
    readonly gated: boolean
    readonly bias: boolean
  }
  /** Also a norm after each sub-layer, before its result is added (Gemma 2). */
  readonly postNorms: boolean
  readonly embedding: {
    /** Multiplies embedding rows. */
    readonly scale: number
    /** A learned row per position is added (GPT-2). */
    readonly learnedPositions: boolean
  }
  readonly head: {
    /** The embedding matrix is the head too. */
    readonly tied: boolean
    /** Logits become `softcap · tanh(logit / softcap)`. */
    readonly softcap?: number
  }
}
