const blocks = "▁▂▃▄▅▆▇█"

/** Numbers as a line of blocks, from the lowest to the highest; means of neighbours where there are more than fit. */
export const sparkline = (values: readonly number[], width: number): string => {
  const count = Math.min(width, values.length)
  const means = Array.from({ length: count }, (_, i) => {
    const part = values.slice(
      Math.floor((i * values.length) / count),
      Math.floor(((i + 1) * values.length) / count),
    )
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
  const [low, high] = [Math.min(...means), Math.max(...means)]
  return means
    .map(
      (mean) => blocks[high === low ? 0 : Math.round(((mean - low) / (high - low)) * (blocks.length - 1))]!,
    )
    .join("")
}
