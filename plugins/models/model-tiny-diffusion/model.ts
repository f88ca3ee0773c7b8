import { type Visibility } from "@parade/core"
import {
  copyGraph,
  crossEntropy,
  type Device,
  type Feeds,
  type Graph,
  GraphBuilder,
  integers,
  ops,
  tensor,
} from "@parade/graph"
import { chatTokens, endToken } from "@parade/recipes"
import { trainingFeeds, trainingGraph, type TrainingRequest } from "@parade/transformer"
import type { TinyDiffusionConfig } from "./config.ts"
import { maskPassages } from "./mask-passages.ts"
import type { PassageSequence } from "./passage.ts"

/** What stands where something is to be filled in: a special token behind those of chats. */
export const maskToken = "<|mask|>"

/** Its id. */
export const maskId: number = chatTokens.length

/** What `config.json` says: a LLaDA. */
export const modelConfig = (
  config: TinyDiffusionConfig,
  vocabulary: number,
): Readonly<Record<string, unknown>> => ({
  architectures: ["LLaDAModelLM"],
  model_type: "llada",
  block_type: "llama",
  activation_type: "silu",
  layer_norm_type: "rms",
  rope: true,
  rope_theta: 10000,
  alibi: false,
  d_model: config.width,
  n_heads: config.heads,
  n_kv_heads: config.keyValueHeads,
  n_layers: config.layers,
  mlp_hidden_size: config.inner,
  max_sequence_length: config.context,
  rms_norm_eps: 1e-5,
  include_bias: false,
  include_qkv_bias: false,
  vocab_size: vocabulary,
  embedding_size: vocabulary,
  weight_tying: true,
  eos_token_id: endToken,
  mask_token_id: maskId,
  torch_dtype: "float32",
})

/** Far below any logit, so that the mask has no share of any softmax: it is never drawn when decoding, either. */
const impossible = -1e9

/** The loss of a batch, by rows' weights: `Σ w·CE / Σ w`. */
export const lossGraph = (request: TrainingRequest, device: Device): Graph => {
  const lowering = { kind: device.lowering, without: device.without }
  const g = new GraphBuilder("tiny-diffusion", lowering)
  const { count, length } = request.sequences as { readonly count: number; readonly length: number }
  const rows = count * length
  const { vocabulary } = request.architecture
  const noMask = Array.from({ length: vocabulary }, (_, id) => (id === maskId ? impossible : 0))
  const logits = ops.add(
    g,
    copyGraph(g, trainingGraph({ ...request, lowering })).get("logits")!,
    g.constant("float32", [vocabulary], noMask),
  )
  const targets = g.input("targets", "int64", [rows])
  g.output("loss", crossEntropy(g, logits, targets, g.input("weights", "float32", [rows])))
  return g.build()
}

/** Rows of a passage see each other and nothing else, at positions of their own. */
const layoutOf = (
  sequence: PassageSequence,
): { readonly positions: Int32Array; readonly visibility: Visibility } => {
  const places = sequence.flatMap(({ tokens }, branch) =>
    Array.from(tokens, (_, position) => ({ branch, position })),
  )
  return {
    positions: Int32Array.from(places, ({ position }) => position),
    visibility: {
      rule: "branches",
      branches: Int32Array.from(places, ({ branch }) => branch),
      mutual: true,
    },
  }
}

/** What the graph is fed for a batch of sequences, masked anew at every place. */
export const feedsOf = (
  { architecture, attention }: TrainingRequest,
  sequences: readonly PassageSequence[],
  options: { readonly seed: number; readonly place: number; readonly weighting: number },
): Feeds => {
  const { tokens, targets, weights } = maskPassages(sequences.flat(), { mask: maskId, ...options })
  let at = 0
  const rows = sequences.map((sequence) => {
    const layout = layoutOf(sequence)
    const { length } = layout.positions
    return { tokens: tokens.subarray(at, (at += length)), ...layout }
  })
  return {
    ...trainingFeeds(architecture, attention, rows),
    targets: integers(targets),
    weights: tensor("float32", [weights.length], weights),
  }
}
