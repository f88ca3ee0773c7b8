import { rowDistribution, type Sampler } from "@parade/core"

export interface CoolingOptions {
  /** The temperature of the first token. */
  readonly temperature: number
  /** Tokens after which it is half of that, and so on. */
  readonly halfLife: number
}

/** Draws at a temperature that falls as the text grows: `temperature · 2^(−n / halfLife)` at the n-th token. */
export const cooling = ({ temperature, halfLife }: CoolingOptions): Sampler => ({
  // The temperature depends on the place alone, so that places may be drawn in any order.
  order: "any",
  greedy: temperature === 0,
  process: (logits, { history, position }) => {
    const written = Math.max(0, position - history.promptLength)
    return rowDistribution({ logits, temperature: temperature * 2 ** (-written / halfLife) })
  },
})
