import { type LogitsProcessor, type LogitsRow, rowDistribution, type Sampler } from "@parade/core"
import { logitBias } from "./logit-bias.ts"
import { minP } from "./min-p.ts"
import { penalties } from "./penalties.ts"
import { temperature } from "./temperature.ts"
import { topK } from "./top-k.ts"
import { topP } from "./top-p.ts"

/** What may be set; see the README for ranges and meaning. Everything left out is off, so that all is greedy. */
export interface StandardSamplerOptions {
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly repetitionPenalty?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  /** By token id. */
  readonly logitBias?: Readonly<Record<string, number>>
}

/** The temperature, where further processors apart all that is done to a row is its softmax at that. */
export const plainTemperature = (options: StandardSamplerOptions): number | undefined => {
  const { temperature = 0, topK = 0, topP = 1, minP = 0 } = options
  const isWhole = temperature === 0 || (topK === 0 && topP === 1 && minP === 0)
  const isUnchanged =
    (options.repetitionPenalty ?? 1) === 1 &&
    (options.presencePenalty ?? 0) === 0 &&
    (options.frequencyPenalty ?? 0) === 0 &&
    Object.keys(options.logitBias ?? {}).length === 0
  return isWhole && isUnchanged ? temperature : undefined
}

/** A sampler that runs processors one after the other, ending in the softmax over what they left. */
export const processorSampler = (
  processors: readonly LogitsProcessor[],
  { greedy, temperature }: Pick<Sampler, "greedy" | "temperature">,
): Sampler => ({
  order: processors.every(({ order }) => order === "any") ? "any" : "leftToRight",
  greedy,
  temperature,
  process: (logits, context) => {
    if (processors.length === 0 && context.raw !== undefined) return context.raw
    let row: LogitsRow = { logits, temperature: 1 }
    for (const processor of processors) row = processor.process(row, context)
    return rowDistribution(row)
  },
})

/**
 * The processors in the order that Hugging Face transformers runs them: penalties and bias, `further` ones,
 * temperature, top-k, top-p, min-p, each over what those before it left. Only what is switched on is there, and at
 * temperature 0 no cut is, because every cut keeps the most probable token.
 */
export const standardSampler = (
  options: StandardSamplerOptions = {},
  further: readonly LogitsProcessor[] = [],
): Sampler => {
  const repetition = options.repetitionPenalty ?? 1
  const presence = options.presencePenalty ?? 0
  const frequency = options.frequencyPenalty ?? 0
  const biases = new Map(
    Object.entries(options.logitBias ?? {}).map(([token, bias]) => [Number(token), bias]),
  )
  const heat = options.temperature ?? 0

  const processors: LogitsProcessor[] = []
  if (repetition !== 1 || presence !== 0 || frequency !== 0)
    processors.push(penalties({ repetition, presence, frequency }))
  if (biases.size > 0) processors.push(logitBias(biases))
  processors.push(...further)
  if (heat !== 1) processors.push(temperature(heat))
  if (heat > 0) {
    const { topK: k = 0, topP: p = 1, minP: ratio = 0 } = options
    if (k > 0) processors.push(topK(k))
    if (p < 1) processors.push(topP(p))
    if (ratio > 0) processors.push(minP(ratio))
  }
  return processorSampler(processors, {
    greedy: heat === 0,
    temperature: further.length === 0 ? plainTemperature(options) : undefined,
  })
}
