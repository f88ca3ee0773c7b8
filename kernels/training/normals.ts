import { uniform } from "@parade/core"

/** FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** Independent numbers of the standard normal distribution for a name, the same ones for the same seed (Box–Muller). */
export const normals =
  (seed: number) =>
  (name: string): (() => number) => {
    const key = hash(name)
    let count = 0
    let kept: number | undefined
    return () => {
      if (kept !== undefined) {
        const value = kept
        kept = undefined
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, "noise", count, key)))
      const angle = 2 * Math.PI * uniform(seed, "proposal", count, key)
      count++
      kept = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    }
  }
