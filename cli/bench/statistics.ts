/** The middle of numbers, and how far they spread. */
export interface Spread {
  readonly count: number
  readonly median: number
  /** First and third quartile. */
  readonly low: number
  readonly high: number
  readonly min: number
  readonly max: number
}

/** The quantile `q` in [0, 1] by linear interpolation between the two nearest ranks; `NaN` of nothing. */
export const quantile = (values: readonly number[], q: number): number => {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const at = q * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (at - below) * (high - low)
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const spread = (values: readonly number[]): Spread => ({
  count: values.length,
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
  min: quantile(values, 0),
  max: quantile(values, 1),
})

/**
 * `values[i] / baseline[i]` for the pairs measured next to each other. Ratios of neighbours cancel what a shared
 * machine does to both; a ratio of medians does not.
 */
export const pairedRatios = (values: readonly number[], baseline: readonly number[]): number[] => {
  const ratios: number[] = []
  for (let i = 0; i < Math.min(values.length, baseline.length); i++) ratios.push(values[i]! / baseline[i]!)
  return ratios.filter(Number.isFinite)
}
