/** The most probable tokens, most probable first; lower id first at ties. */
export interface TopK {
  readonly tokens: Int32Array
  readonly probabilities: Float64Array
}

/** The possible tokens, ascending, and their probabilities. */
export interface Support {
  readonly tokens: Int32Array
  readonly probabilities: Float64Array
}

/**
 * A distribution over the vocabulary that computes only what it is asked. Ties go to the lowest id, draws invert the
 * cumulative distribution in id order, sums are in float64.
 *
 * Views of a model's row: valid until the next forward of that model.
 */
export interface Distribution {
  /** Tokens in the vocabulary. */
  readonly size: number
  /** The one possible token, where there is only one. */
  readonly point: number | undefined
  readonly argmax: () => number
  readonly probability: (token: number) => number
  /** At most `k` tokens, none of probability 0. */
  readonly topK: (k: number) => TopK
  /** In nats. */
  readonly entropy: () => number
  /** The token where the cumulative distribution passes `u`, in [0, 1); never one of probability 0. */
  readonly draw: (u: number) => number
  /** The tokens with probability above 0. A view. */
  readonly support: () => Support
}
