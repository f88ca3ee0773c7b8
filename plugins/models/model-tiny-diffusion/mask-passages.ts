import { uniform } from "@parade/core"
import type { Passage } from "./passage.ts"

/** Passages with some of their tokens masked, one after another. */
export interface MaskedPassages {
  /** With the mask where something is masked. */
  readonly tokens: Int32Array
  /** What stood there. */
  readonly targets: Int32Array
  /** What the loss of a row counts: `(n/k)^γ` where it is one of `k` masked of a passage's `n`, else 0. */
  readonly weights: Float32Array
}

/** Its multiples are spread evenly however many there are. */
const golden = (Math.sqrt(5) - 1) / 2

/** Draws that one batch may need. */
const drawsOfBatch = 2 ** 20

/**
 * Masks passages, each at a rate of its own: `k` of its `n` tokens that are not given, every `k` from 1 to `n` as likely,
 * every `k` of them as likely. With weights `n/k` (γ = 1) the mean of `Σ w·CE / Σ w` is LLaDA's loss, masking each token
 * with probability `t ~ U(0, 1]` and weighing by `1/t`, averaged over what `t` leaves open of `k` (LLaDA, equation 6): the
 * same bound on `−log p`, less noise. With γ = 0 all masked tokens count alike (MaskGIT): the best model is the same, what
 * has little to go by counts more, and no single token much. The rates of a batch are spread evenly. A function of seed
 * and place.
 */
export const maskPassages = (
  passages: readonly Passage[],
  options: {
    readonly mask: number
    readonly seed: number
    readonly place: number
    /** γ. */
    readonly weighting: number
  },
): MaskedPassages => {
  const { mask, seed, place, weighting } = options
  const total = passages.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const targets = new Int32Array(total)
  const weights = new Float32Array(total)
  let draws = place * drawsOfBatch
  const draw = (): number => uniform(seed, "noise", draws++, 8)
  const first = draw()
  let at = 0
  for (const { tokens } of passages) {
    targets.set(tokens, at)
    at += tokens.length
  }
  const masked = targets.slice()
  at = 0
  passages.forEach(({ tokens, given }, index) => {
    const count = tokens.length - given
    const rate = (first + index * golden) % 1
    const hidden = Math.min(count, 1 + Math.floor(rate * count))
    const open = Int32Array.from({ length: count }, (_, i) => at + given + i)
    for (let i = 0; i < hidden; i++) {
      const j = i + Math.floor(draw() * (count - i))
      const chosen = open[j]!
      open[j] = open[i]!
      masked[chosen] = mask
      weights[chosen] = (count / hidden) ** weighting
    }
    at += tokens.length
  })
  return { tokens: masked, targets, weights }
}
