import { floatAttribute, floats } from "./_slot.ts"
import type { Kernel } from "./_slot.ts"

/** `softmax(scale · q · kᵀ + mask) · v` with every sum in float64, in the order of the columns. */
export const attentionKernel: Kernel = (node, [q, k, v, mask], make) => {
  const [batch, heads, rows, width] = q!.dims as [number, number, number, number]
  const [kvHeads, length] = k!.dims.slice(1) as [number, number]
  const scale = floatAttribute(node, "scale", 1 / Math.sqrt(width))
  const out = make(q!.type, q!.dims)
  const shares = new Float64Array(length)
  return () => {
    const [query, key, value, added, result] = [q!, k!, v!, mask!, out].map(floats) as Float32Array[]
    for (let head = 0; head < batch * heads; head++) {
      const shared = Math.floor(head / heads) * kvHeads + Math.floor((head % heads) / (heads / kvHeads))
      for (let row = 0; row < rows; row++) {
        const at = (head * rows + row) * width
        let greatest = -Infinity
        for (let column = 0; column < length; column++) {
          const other = (shared * length + column) * width
          let sum = 0
          for (let i = 0; i < width; i++) sum += query![at + i]! * key![other + i]!
          shares[column] = scale * sum + added![row * length + column]!
          greatest = Math.max(greatest, shares[column]!)
        }
        let total = 0
        for (let column = 0; column < length; column++)
          total += shares[column] = Math.exp(shares[column]! - greatest)
        for (let i = 0; i < width; i++) {
          let sum = 0
          for (let column = 0; column < length; column++)
            sum += shares[column]! * value![(shared * length + column) * width + i]!
          result![at + i] = sum / total
        }
      }
    }
  }
}
