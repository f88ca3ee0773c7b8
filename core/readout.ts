import { notANumber, nothingPossible } from "./argmax.ts"
import type { Distribution, Support, TopK } from "./distribution.ts"
import { DecodeError } from "./error.ts"
import { exponential } from "./exponential.ts"

/**
 * Names of outputs that stand for a row of logits where it is not wanted whole: few floats leave the device in place of
 * the vocabulary. A model lists in `info.outputs` which of them it has.
 *
 * - `argmax`, 3 floats: the token with the greatest logit, the lowest at ties; the logit; a number that is NaN where a
 *   logit is.
 * - `readout`, `2k + 1 + N` floats: the tokens of the `k` greatest logits, greatest first, the lowest token first at ties;
 *   those logits `l₁ ≥ … ≥ l_k`; with `y = min(l, l_k)` for every logit, `1 / Σ exp(y − l_k)`; the logits of the `N` tokens
 *   named for the row (see `OutputRequest.tokens`).
 * - `readout.entropy`, one float more: behind that sum `Σ y exp(y − l_k) / Σ exp(y − l_k)`, of which entropies are made.
 * - `readout.drawn`, 2 floats: a token drawn as `OutputRequest.draws` says, and its logit. A model that has readouts may have it
 *   unasked. Sums are float32: it is another token than `logitsDistribution` draws where `u` is within some 1e-6, over the temperature,
 *   of the edge between two, so that a model whose results are exact does not have it.
 */
export const readoutNames = {
  argmax: "argmax",
  readout: "readout",
  entropy: "readout.entropy",
  drawn: "readout.drawn",
} as const

const madeOfLogits: ReadonlySet<string> = new Set(["logits", ...Object.values(readoutNames)])

/** Whether an output is the logits of a row or a readout of them. */
export const isMadeOfLogits = (name: string): boolean => madeOfLogits.has(name)

/** Whether tokens are named for the rows of an output. */
export const namesTokens = (name: string): boolean =>
  name === readoutNames.readout || name === readoutNames.entropy

/** Tokens that a readout tells apart, at most: `k` is one more, because one of them may be ruled out. */
export const readoutTop = 4

/**
 * The token with the greatest logit, from a row of the output `argmax`.
 *
 * @throws DecodeError `decode.not-a-number`, `decode.nothing-possible`.
 */
export const argmaxOf = (row: Float32Array): number => {
  const [token, greatest, check] = row as unknown as [number, number, number]
  if (check !== check || !(greatest < Infinity)) throw notANumber(token)
  if (greatest === -Infinity) throw nothingPossible()
  return token
}

/** How a row of the output `readout` or `readout.entropy` is to be read. */
export interface ReadoutOptions {
  /** It is one of `readout.entropy`. */
  readonly entropy: boolean
  /** Tokens in the vocabulary. */
  readonly size: number
  /** The tokens that were named for the row, in order. */
  readonly tokens: ArrayLike<number>
  /** A token among them that counts as impossible: the mask. */
  readonly without?: number | undefined
  /** The row of `readout.drawn` beside it: the token drawn has a probability too. */
  readonly drawn?: Float32Array | undefined
}

const notRead = (what: string): DecodeError =>
  new DecodeError({
    code: "decode.not-read",
    message: `A readout of a row of logits does not tell ${what}.`,
    advice: "Say in advance what is read of a prediction, or that whole rows are.",
    fault: "bug",
  })

class Readout implements Distribution {
  readonly size: number
  readonly point: undefined = undefined
  readonly #row: Float32Array
  /** Tokens and logits that the row begins with, each. */
  readonly #top: number
  /** Tokens named, and where their logits begin in the row. */
  readonly #named: ArrayLike<number>
  readonly #from: number
  readonly #without: number | undefined
  readonly #drawn: Float32Array | undefined
  /** Index of the likeliest token among the first. */
  readonly #first: number
  /** `Σ exp(l − l_k)` and `Σ (l − l_k) exp(l − l_k)` of the tokens that are not among the first; NaN where it is not told. */
  readonly #mass: number
  readonly #weighted: number
  readonly #total: number

  constructor(row: Float32Array, { entropy, size, tokens, without, drawn }: ReadoutOptions) {
    const told = entropy ? 2 : 1
    const top = (row.length - told - tokens.length) / 2
    const share = row[2 * top]!
    const mean = entropy ? row[2 * top + 1]! : 0
    if (mean !== mean || share !== share) throw notANumber(row[0]!)
    this.size = size
    this.#row = row
    this.#top = top
    this.#named = tokens
    this.#from = 2 * top + told
    this.#without = without
    this.#drawn = drawn
    this.#first = row[0] === without ? 1 : 0
    const least = row[2 * top - 1]!
    const greatest = row[top + this.#first]!
    let mass = Math.max(0, 1 / share - top)
    let weighted = entropy ? (mean - least) / share : NaN
    const ruledOut = without === undefined || this.#place(without) >= 0 ? -1 : this.#namedAt(without)
    if (ruledOut >= 0) {
      const weight = exponential(row[ruledOut]! - least)
      if (weight !== 0) {
        mass = Math.max(0, mass - weight)
        weighted -= weight * (row[ruledOut]! - least)
      }
    }
    this.#mass = mass
    this.#weighted = weighted
    let total = 0
    for (let i = 0; i < top; i++) if (row[i] !== without) total += exponential(row[top + i]! - greatest)
    // The rest weighs beside the cut: less beside the greatest.
    this.#total = total + mass * exponential(least - greatest)
  }

  /** Where a token stands among the first, `-1` where it does not. */
  #place(token: number): number {
    for (let i = 0; i < this.#top; i++) if (this.#row[i] === token) return i
    return -1
  }

  /** Where the logit of a named token stands in the row, `-1` where it is not named. */
  #namedAt(token: number): number {
    for (let i = 0; i < this.#named.length; i++) if (this.#named[i] === token) return this.#from + i
    return -1
  }

  /** The logit of a token, where the row tells it. */
  #logit(token: number): number | undefined {
    const place = this.#place(token)
    const at = place < 0 ? this.#namedAt(token) : this.#top + place
    if (at >= 0) return this.#row[at]
    return token === this.#drawn?.[0] ? this.#drawn[1] : undefined
  }

  /** Beside the greatest, of the `i`-th of the first. */
  #distance(i: number): number {
    return this.#row[this.#top + i]! - this.#row[this.#top + this.#first]!
  }

  argmax(): number {
    return this.#row[this.#first]!
  }

  probability(token: number): number {
    if (token === this.#without) return 0
    const logit = this.#logit(token)
    if (logit === undefined) throw notRead(`the probability of token ${token}`)
    return exponential(logit - this.#row[this.#top + this.#first]!) / this.#total
  }

  topK(k: number): TopK {
    const tokens: number[] = []
    for (let i = 0; i < this.#top; i++) if (this.#row[i] !== this.#without) tokens.push(this.#row[i]!)
    const possible = this.size - (this.#without === undefined ? 0 : 1)
    if (Math.min(k, possible) > tokens.length) throw notRead(`the ${k} likeliest tokens`)
    const wanted = tokens.slice(0, Math.max(0, Math.floor(k)))
    const probabilities = wanted.map((token) => this.probability(token))
    const underflow = probabilities.indexOf(0)
    const count = underflow < 0 ? wanted.length : underflow
    return {
      tokens: Int32Array.from(wanted.slice(0, count)),
      probabilities: Float64Array.from(probabilities.slice(0, count)),
    }
  }

  entropy(): number {
    if (this.#weighted !== this.#weighted) throw notRead("the entropy")
    const cut = this.#distance(this.#top - 1)
    let sum = exponential(cut) * (this.#weighted + this.#mass * cut)
    for (let i = 0; i < this.#top; i++) {
      if (this.#row[i] === this.#without) continue
      const x = this.#distance(i)
      sum += exponential(x) * x
    }
    return Math.max(0, Math.log(this.#total) - sum / this.#total)
  }

  draw(): number {
    throw notRead("which token is drawn")
  }

  support(): Support {
    throw notRead("which tokens are possible")
  }
}

/**
 * The softmax of a row of logits from a row of the output `readout` or `readout.entropy`: the likeliest token, the `topK` of
 * {@link readoutTop}, probabilities of these and of the tokens named, of the second the entropy. Orders are those of the logits
 * themselves; probabilities are those of `logitsDistribution` to some 1e-6 of the probability of all other tokens.
 *
 * @throws DecodeError `decode.not-a-number`; `decode.not-read` when asked for anything else.
 */
export const readoutDistribution = (row: Float32Array, options: ReadoutOptions): Distribution =>
  new Readout(row, options)

class Drawn implements Distribution {
  readonly size: number
  readonly point: undefined = undefined
  readonly #token: number

  constructor(size: number, token: number) {
    this.size = size
    this.#token = token
  }

  draw(): number {
    return this.#token
  }

  argmax(): number {
    throw notRead("which token is the likeliest at a temperature")
  }

  probability(): number {
    throw notRead("probabilities at a temperature")
  }

  topK(): TopK {
    throw notRead("the likeliest tokens at a temperature")
  }

  entropy(): number {
    throw notRead("the entropy at a temperature")
  }

  support(): Support {
    throw notRead("which tokens are possible")
  }
}

/**
 * The softmax at a temperature of which a row of the output `readout.drawn` tells the token that was drawn, by the `u` that was
 * given for it: whatever `u` it is asked with.
 *
 * @throws DecodeError `decode.not-read` when asked for anything else.
 */
export const drawnDistribution = (size: number, row: Float32Array): Distribution => new Drawn(size, row[0]!)

/** The least temperature that tokens are drawn at on a device, whose sums are float32; whole rows are for lower ones. */
export const leastDrawn = 0.05
