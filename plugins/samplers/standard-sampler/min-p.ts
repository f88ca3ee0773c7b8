import { greatestLogit, type LogitsProcessor } from "@parade/core"

/** Keeps the tokens at least `ratio` times as probable as the most probable one (Nguyen et al., 2024). */
export const minP = (ratio: number): LogitsProcessor => {
  const least = Math.log(ratio)
  return {
    order: "any",
    process: (row) => {
      const { logits, candidates } = row
      const scale = 1 / row.temperature
      const greatest = greatestLogit(row)
      const count = candidates?.length ?? logits.length
      const kept: number[] = []
      for (let i = 0; i < count; i++) {
        const token = candidates === undefined ? i : candidates[i]!
        if ((logits[token]! - greatest) * scale >= least) kept.push(token)
      }
      return { ...row, candidates: Int32Array.from(kept) }
    },
  }
}
