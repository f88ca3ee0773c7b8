import type { Distribution } from "@parade/core"

/**
 * What the model says of one position, computed as far as asked. The mask token has probability 0. A view: valid until
 * the next forward.
 */
export interface Prediction {
  readonly position: number
  /** The softmax of the logits at temperature 1: what confidences are read from. */
  readonly raw: Distribution
  /** What the sampler makes of them: what tokens are drawn from. */
  readonly processed: Distribution
  /** The token that would be put here: the one possible, or a draw keyed by seed, position and filled positions. */
  readonly token: number
  /** The token that another distribution in place of `processed` would give, by the same draw. */
  readonly drawFrom: (distribution: Distribution) => number
  /** `raw.probability(token)`. */
  readonly confidence: number
  /** Probability of the most probable token less that of the second, raw. */
  readonly margin: number
  /** Of the raw distribution, in nats. */
  readonly entropy: number
}

class LazyPrediction implements Prediction {
  readonly position: number
  readonly raw: Distribution
  readonly #process: () => Distribution
  readonly #draw: (distribution: Distribution) => number
  #processed: Distribution | undefined
  #token: number | undefined
  #confidence: number | undefined
  #margin: number | undefined
  #entropy: number | undefined

  constructor({ position, raw, processed, draw }: PredictionParts) {
    this.position = position
    this.raw = raw
    this.#process = processed
    this.#draw = draw
  }

  get processed(): Distribution {
    return (this.#processed ??= this.#process())
  }

  get token(): number {
    return (this.#token ??= this.drawFrom(this.processed))
  }

  drawFrom(distribution: Distribution): number {
    return distribution.point ?? this.#draw(distribution)
  }

  get confidence(): number {
    return (this.#confidence ??= this.raw.probability(this.token))
  }

  get margin(): number {
    if (this.#margin === undefined) {
      const [first = 0, second = 0] = this.raw.topK(2).probabilities
      this.#margin = first - second
    }
    return this.#margin
  }

  get entropy(): number {
    return (this.#entropy ??= this.raw.entropy())
  }
}

/** What a prediction is made of. */
export interface PredictionParts {
  readonly position: number
  readonly raw: Distribution
  /** Called once, when asked for. */
  readonly processed: () => Distribution
  /** Draws the token of a distribution that has several. */
  readonly draw: (processed: Distribution) => number
}

/** A prediction that computes each of its figures once, when asked for. */
export const makePrediction = (parts: PredictionParts): Prediction => new LazyPrediction(parts)
