import { ranked, type Unmasker, withProgress } from "@parade/denoising"

export interface FactorOptions {
  /** `f`: the `n` most confident positions are filled where `(n + 1)(1 − c₍ₙ₎) ≤ f`. */
  readonly factor: number
}

/**
 * Fast-dLLM's factor rule: of the open positions from the most confident down, the beginning is filled in which the
 * `n`-th satisfies `(n + 1)(1 − c₍ₙ₎) ≤ f`, up to the first that does not. At `f = 1` the likeliest token of each
 * is then the likeliest filling of all together.
 */
export const factor = (options: FactorOptions): Unmasker => ({
  name: "factor",
  readsTop: 1,
  open: () => ({
    propose: (view) => {
      const order = ranked(view.open, ({ confidence }) => confidence)
      let n = 0
      while (n < order.length && (n + 2) * (1 - order[n]!.confidence) <= options.factor) n++
      return [withProgress(view, order.slice(0, n), ({ confidence }) => confidence)]
    },
  }),
})
