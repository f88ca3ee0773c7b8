/** Temperatures that are tried, each a tenth above the one before. */
const tried: readonly number[] = Array.from({ length: 24 }, (_, i) => 0.5 * 1.1 ** i)

/** Finds what logits are to be divided by. */
export interface TemperatureFit {
  /** Logits that were said where this was right. */
  readonly add: (logits: ArrayLike<number>, right: number) => void
  /** The temperature of the greatest likelihood; 1 where nothing was added. */
  readonly best: () => number
}

/** Fits the temperature at which the chances of guesses are as good as they say (Guo et al. 2017). */
export const temperatureFit = (): TemperatureFit => {
  const losses = new Float64Array(tried.length)
  let count = 0
  return {
    add(logits, right) {
      count++
      let greatest = -Infinity
      for (let i = 0; i < logits.length; i++) greatest = Math.max(greatest, logits[i]!)
      for (const [t, temperature] of tried.entries()) {
        let sum = 0
        for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i]! - greatest) / temperature)
        losses[t]! += Math.log(sum) - (logits[right]! - greatest) / temperature
      }
    },
    best: () =>
      count === 0 ? 1 : tried[losses.reduce((best, loss, t) => (loss < losses[best]! ? t : best), 0)]!,
  }
}
