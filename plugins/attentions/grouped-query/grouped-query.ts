import { attention, linear, rotaryTables } from "@parade/graph"
import type { GraphBuilder, RmsNorm } from "@parade/graph"
import type { Architecture, Attention, AttentionInput, AttentionOutput } from "@parade/layers"
import { rotaryFrequencies } from "@parade/layers"
import { packProjections } from "./_pack.ts"

const headNorm = ({ architecture, weights }: AttentionInput, name: string): RmsNorm => ({
  weight: weights.vector(`${name}.weight`, architecture.attention.headWidth),
  epsilon: architecture.norm.epsilon,
  offset: architecture.norm.offset,
})

const tablesOf = (
  builder: GraphBuilder,
  architecture: Architecture,
  layer: number,
): ReturnType<typeof rotaryTables> | undefined => {
  const { rotary } = architecture.layers[layer]!
  return rotary === undefined
    ? undefined
    : rotaryTables(builder, {
        frequencies: rotaryFrequencies(rotary),
        positions: architecture.contextLength,
      })
}

const build = (input: AttentionInput): AttentionOutput => {
  const { builder, architecture, layer, weights } = input
  const { heads, keyValueHeads, headWidth, scale, softcap, queryKeyNorm, outputBias } = architecture.attention
  const { matrix, bias } = packProjections(architecture, weights)
  const [pastKey, pastValue] = input.past
  const { output, newKey, newValue } = attention(
    builder,
    {
      qkv: linear(builder, input.rows, matrix, bias),
      pastKey,
      pastValue,
      mask: input.mask,
      positions: input.positions,
    },
    {
      kvHeads: keyValueHeads,
      groups: heads / keyValueHeads,
      headDim: headWidth,
      scale,
      softcap,
      rotary: tablesOf(builder, architecture, layer),
      ...(queryKeyNorm ? { queryNorm: headNorm(input, "q_norm"), keyNorm: headNorm(input, "k_norm") } : {}),
    },
  )
  const projection = weights.matrix("o_proj.weight", architecture.width, heads * headWidth)
  const outputBiases = outputBias ? weights.vector("o_proj.bias", architecture.width) : undefined
  return {
    rows: linear(builder, output, projection, outputBiases),
    stored: [newKey, newValue],
  }
}

/**
 * Grouped-query attention (Ainslie et al. 2023): several query heads share a key and a value head; multi-head attention
 * where each has its own, multi-query where all share one. A layer the architecture gives a window has it.
 */
export const groupedQueryAttention: Attention = {
  name: "grouped-query",
  modules: [import.meta.url],
  stores: ({ attention: { keyValueHeads, headWidth } }) => [
    { family: "key", blocks: keyValueHeads, width: headWidth },
    { family: "value", blocks: keyValueHeads, width: headWidth },
  ],
  window: (architecture, layer) => architecture.layers[layer]!.window,
  build,
}
