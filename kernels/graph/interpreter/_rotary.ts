import { requireIndex } from "./_layout.ts"
import { floats, integerAttribute } from "./_slot.ts"
import type { Kernel } from "./_slot.ts"

/** Turns the pairs of the first `2 · pairs` floats of each row by the table row of its position. */
export const rotaryKernel: Kernel = (node, [x, positions, cos, sin], make) => {
  const [batch, heads, length, width] = x!.dims as [number, number, number, number]
  const [rows, pairs] = cos!.dims as [number, number]
  const interleaved = integerAttribute(node, "interleaved", 0) === 1
  const out = make(x!.type, x!.dims)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    to.set(from)
    for (let row = 0; row < batch * heads * length; row++) {
      const at = Math.floor(row / (heads * length)) * length + (row % length)
      const table = requireIndex(node, Number(positions!.data[at]), rows) * pairs
      for (let pair = 0; pair < pairs; pair++) {
        const i = row * width + (interleaved ? 2 * pair : pair)
        const j = i + (interleaved ? 1 : pairs)
        const c = floats(cos!)[table + pair]!
        const s = floats(sin!)[table + pair]!
        to[i] = from[i]! * c - from[j]! * s
        to[j] = from[j]! * c + from[i]! * s
      }
    }
  }
}
