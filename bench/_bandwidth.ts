/**
 * Bytes per second one core reads from memory: the best of a few passes of the C library's byte search over a buffer
 * far larger than the caches.
 */
export const readBandwidth = (bytes: number = 1 << 30): number => {
  const buffer = Buffer.alloc(bytes, 1)
  let best = 0
  for (let pass = 0; pass < 4; pass++) {
    const at = performance.now()
    if (buffer.indexOf(0) !== -1) throw new Error("The buffer holds no zero.")
    best = Math.max(best, bytes / ((performance.now() - at) / 1000))
  }
  return best
}
