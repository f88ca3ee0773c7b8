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
 */
export const readoutNames = { argmax: "argmax", readout: "readout", entropy: "readout.entropy" } as const

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
}

const notRead = (what: string): DecodeError =>
  new DecodeError({
    code: "decode.not-read",
    message: `A readout of a row of logits does not tell ${what}.`,
    advice: "Say in advance what is read of a prediction, or that whole rows are.",
    fault: "bug",
  })

/** `Σ exp(l − l_k)` and `Σ (l − l_k) exp(l − l_k)` of the tokens that are not among the greatest; NaN where it is not told. */
interface Rest {
  readonly mass: number
  readonly weighted: number
}

class Readout implements Distribution {
  readonly size: number
  readonly point: undefined = undefined
  readonly #tokens: Int32Array
  readonly #logits: Map<number, number>
  readonly #greatest: number
  readonly #least: number
  readonly #without: number | undefined
  readonly #rest: Rest
  readonly #total: number

  constructor(row: Float32Array, { entropy, size, tokens, without }: ReadoutOptions) {
    const told = entropy ? 2 : 1
    const k = (row.length - told - tokens.length) / 2
    const share = row[2 * k]!
    const mean = entropy ? row[2 * k + 1]! : 0
    if (mean !== mean || share !== share) throw notANumber(row[0]!)
    this.size = size
    this.#without = without
    this.#least = row[2 * k - 1]!
    this.#logits = new Map()
    const top: number[] = []
    for (let i = 0; i < k; i++) {
      this.#logits.set(row[i]!, row[k + i]!)
      if (row[i] !== without) top.push(row[i]!)
    }
    let mass = Math.max(0, 1 / share - k)
    let weighted = entropy ? (mean - this.#least) / share : NaN
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!
      if (this.#logits.has(token)) continue
      const logit = row[2 * k + told + i]!
      this.#logits.set(token, logit)
      if (token !== without) continue
      const weight = exponential(logit - this.#least)
      if (weight === 0) continue
      mass = Math.max(0, mass - weight)
      weighted -= weight * (logit - this.#least)
    }
    this.#tokens = Int32Array.from(top)
    this.#rest = { mass, weighted }
    this.#greatest = this.#logits.get(top[0]!)!
    let total = 0
    for (const token of top) total += exponential(this.#logits.get(token)! - this.#greatest)
    this.#total = total + mass * this.#scale
  }

  /** What the rest is to be multiplied by to weigh beside the greatest. */
  get #scale(): number {
    return exponential(this.#least - this.#greatest)
  }

  argmax(): number {
    return this.#tokens[0]!
  }

  probability(token: number): number {
    if (token === this.#without) return 0
    const logit = this.#logits.get(token)
    if (logit === undefined) throw notRead(`the probability of token ${token}`)
    return exponential(logit - this.#greatest) / this.#total
  }

  topK(k: number): TopK {
    const available = this.#tokens.length
    const possible = this.size - (this.#without === undefined ? 0 : 1)
    if (Math.min(k, possible) > available) throw notRead(`the ${k} likeliest tokens`)
    const tokens = this.#tokens.subarray(0, Math.max(0, Math.floor(k)))
    const probabilities = Float64Array.from(tokens, (token) => this.probability(token))
    const underflow = probabilities.indexOf(0)
    if (underflow < 0) return { tokens, probabilities }
    return { tokens: tokens.subarray(0, underflow), probabilities: probabilities.subarray(0, underflow) }
  }

  entropy(): number {
    const { mass, weighted } = this.#rest
    if (weighted !== weighted) throw notRead("the entropy")
    let sum = this.#scale * (weighted + mass * (this.#least - this.#greatest))
    for (const token of this.#tokens) {
      const x = this.#logits.get(token)! - this.#greatest
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
