import { DecodeError, type LogitsProcessor } from "@parade/core"

/** Adds to the logits of single tokens. */
export const logitBias = (biases: ReadonlyMap<number, number>): LogitsProcessor => ({
  order: "any",
  process: (row) => {
    const logits = row.logits.slice()
    for (const [token, bias] of biases) {
      if (token >= logits.length)
        throw new DecodeError({
          code: "decode.no-such-token",
          path: `logitBias.${token}`,
          message: `There is no token ${token}.`,
          advice: `Use ids from 0 to ${logits.length - 1}.`,
        })
      logits[token]! += bias
    }
    return { ...row, logits }
  },
})
