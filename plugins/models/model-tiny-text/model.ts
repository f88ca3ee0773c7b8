import {
  copyGraph,
  crossEntropy,
  type Device,
  type Feeds,
  type Graph,
  GraphBuilder,
  integers,
} from "@parade/graph"
import { endToken } from "@parade/recipes"
import type { Window } from "@parade/training"
import { trainingFeeds, trainingGraph, type TrainingRequest } from "@parade/transformer"
import type { TinyTextConfig } from "./config.ts"

/** What `config.json` says: a Llama. */
export const modelConfig = (
  config: TinyTextConfig,
  vocabulary: number,
): Readonly<Record<string, unknown>> => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  vocab_size: vocabulary,
  hidden_size: config.width,
  intermediate_size: config.inner,
  num_hidden_layers: config.layers,
  num_attention_heads: config.heads,
  num_key_value_heads: config.keyValueHeads,
  hidden_act: "silu",
  max_position_embeddings: config.length,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  eos_token_id: endToken,
  torch_dtype: "float32",
})

/** The mean loss of the next token over a batch. */
export const lossGraph = (request: TrainingRequest, device: Device): Graph => {
  const lowering = { kind: device.lowering, without: device.without }
  const g = new GraphBuilder("tiny-text", lowering)
  const { count, length } = request.sequences as { readonly count: number; readonly length: number }
  const logits = copyGraph(g, trainingGraph({ ...request, lowering })).get("logits")!
  g.output("loss", crossEntropy(g, logits, g.input("targets", "int64", [count * length])))
  return g.build()
}

/** What the graph is fed for the sequences of a batch. */
export const feedsOf = ({ architecture, attention }: TrainingRequest, windows: readonly Window[]): Feeds => {
  return {
    ...trainingFeeds(architecture, attention, windows),
    targets: integers(windows.flatMap((window) => Array.from(window.targets))),
  }
}
