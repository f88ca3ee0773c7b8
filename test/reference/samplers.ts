import { pointDistribution, type Sampler } from "@parade/core"
import { tableDistribution } from "./distribution.ts"

/** The most probable token; the lowest id at ties. */
export const greedySampler: Sampler = {
  order: "any",
  greedy: true,
  temperature: 0,
  process: (logits) => {
    let best = 0
    for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token
    return pointDistribution(logits.length, best)
  },
}

const softmax = (logits: Float64Array): Float64Array => {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  return logits.map((logit) => Math.exp(logit - top))
}

/** The softmax of the logits over `temperature`. */
export const softmaxSampler = (temperature = 1): Sampler => ({
  order: "any",
  greedy: false,
  temperature,
  process: (logits) => tableDistribution(softmax(Float64Array.from(logits, (logit) => logit / temperature))),
})

/**
 * A sampler for which the way to a row matters: a token already among the last `window` ones, committed or on the
 * path, loses `penalty` per occurrence. Decoders that hand it a wrong history or path draw other tokens.
 */
export const historySampler = (window: number, penalty: number, temperature = 1): Sampler => ({
  order: "leftToRight",
  greedy: false,
  process: (logits, { history, path }) => {
    const changed = Float64Array.from(logits, (logit) => logit / temperature)
    const seen = history.length + path.length
    for (let i = Math.max(0, seen - window); i < seen; i++) {
      const token = i < history.length ? history.tokens[i]! : path[i - history.length]!
      if (token >= 0) changed[token]! -= penalty
    }
    return tableDistribution(softmax(changed))
  },
})
