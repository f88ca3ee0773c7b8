/** What a head reads, `[T, 2d]`: the newest true state before each estimate `[T, d]`. */
export const paired = (state: Float32Array, estimates: Float32Array): Float32Array => {
  const width = state.length
  const pairs = new Float32Array(2 * estimates.length)
  for (let i = 0; i < estimates.length; i += width) {
    pairs.set(state, 2 * i)
    pairs.set(estimates.subarray(i, i + width), 2 * i + width)
  }
  return pairs
}
