import type { LogitsProcessor } from "@parade/core"

export interface PenaltyOptions {
  /** Divides the positive logits and multiplies the negative ones of every token seen, prompt included; 1 is off. */
  readonly repetition: number
  /** Subtracted from the logit of every token of the output; 0 is off. */
  readonly presence: number
  /** Subtracted as often as the token stands in the output; 0 is off. */
  readonly frequency: number
}

/**
 * The repetition penalty of CTRL (Keskar et al., 2019) over prompt and output, then the presence and frequency
 * penalties of the OpenAI API over the output alone. Tokens of a draft path count as output.
 */
export const penalties = ({ repetition, presence, frequency }: PenaltyOptions): LogitsProcessor => {
  // Counts by token, all 0 between calls: what would be state is only memory that is used again.
  let outputCounts = new Int32Array(0)
  let seen = new Uint8Array(0)
  return {
    order: "any",
    process: (row, { history, path }) => {
      const size = row.logits.length
      if (seen.length !== size) {
        outputCounts = new Int32Array(size)
        seen = new Uint8Array(size)
      }
      const distinct: number[] = []
      const count = (token: number, isOutput: boolean): void => {
        // A row that was a vector is no token.
        if (token < 0 || token >= size) return
        if (seen[token] === 0) {
          seen[token] = 1
          distinct.push(token)
        }
        if (isOutput) outputCounts[token]!++
      }
      const { tokens, promptLength } = history
      for (let i = 0; i < tokens.length; i++) count(tokens[i]!, i >= promptLength)
      for (let i = 0; i < path.length; i++) count(path[i]!, true)

      const logits = row.logits.slice()
      for (const token of distinct) {
        const logit = logits[token]!
        const repeated = logit > 0 ? logit / repetition : logit * repetition
        const times = outputCounts[token]!
        logits[token] = times === 0 ? repeated : repeated - presence - frequency * times
        seen[token] = 0
        outputCounts[token] = 0
      }
      return { ...row, logits }
    },
  }
}
