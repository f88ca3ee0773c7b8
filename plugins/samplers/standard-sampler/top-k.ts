import { largest, type LogitsProcessor } from "@parade/core"

/** Keeps the `k` greatest logits (Fan et al., 2018), the lowest ids at ties. */
export const topK = (k: number): LogitsProcessor => ({
  order: "any",
  process: (row) => {
    const { logits, candidates } = row
    if (candidates === undefined) return { ...row, candidates: largest(logits, k).sort() }
    const places = largest(
      Float32Array.from(candidates, (token) => logits[token]!),
      k,
    )
    return { ...row, candidates: places.map((place) => candidates[place]!).sort() }
  },
})
