import type { Filter, FilterWeights } from "./filter.ts"

/** A filter that says the same whatever it sees. */
export const constantFilter = (block: number, logit: number): Filter => ({
  block,
  logits: () => new Float64Array(block).fill(logit),
})

const diagonal = (block: number, value: number): Float32Array =>
  Float32Array.from({ length: block * block }, (_, i) => (i % (block + 1) === 0 ? value : 0))

/** `z = scale · (c − centre)`, each position by itself: a threshold rule. */
export const thresholdWeights = (block: number, scale: number, centre: number): FilterWeights => ({
  block,
  first: { matrix: diagonal(block, 1), bias: new Float32Array(block) },
  second: { matrix: diagonal(block, scale), bias: new Float32Array(block).fill(-scale * centre) },
})

/** The same with the mean of the block added to each confidence. */
export const contextWeights = (block: number, scale: number, centre: number): FilterWeights => {
  const { first, second } = thresholdWeights(block, scale, centre)
  return { block, first: { ...first, matrix: first.matrix.map((value) => value + 1 / block) }, second }
}
