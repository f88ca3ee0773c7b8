/**
 * How the tensors of a GGUF architecture are called in Hugging Face checkpoints, and what was done to them on the
 * way into the file.
 */
export interface GgufArchitecture {
  /** `model_type` of the config. */
  readonly modelType: string
  /** Names within a layer; `#` stands for the expert. */
  readonly layer: Readonly<Record<string, string>>
  /** Query and key rows hold rotary pairs side by side instead of half a head apart. */
  readonly interleavedRotary?: boolean
  /** Norms are stored with this added. */
  readonly normOffset?: number
}

const attention = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
}

const dense = {
  ...attention,
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
}

const gemma = {
  ...dense,
  post_attention_norm: "post_attention_layernorm",
  ffn_norm: "pre_feedforward_layernorm",
  post_ffw_norm: "post_feedforward_layernorm",
}

const mixtral = {
  ...dense,
  ffn_gate_inp: "block_sparse_moe.gate",
  ffn_gate_exps: "block_sparse_moe.experts.#.w1",
  ffn_down_exps: "block_sparse_moe.experts.#.w2",
  ffn_up_exps: "block_sparse_moe.experts.#.w3",
}

/** Architectures by `general.architecture`. */
export const ggufArchitectures: ReadonlyMap<string, GgufArchitecture> = new Map<string, GgufArchitecture>([
  ["llama", { modelType: "llama", layer: dense, interleavedRotary: true }],
  // llama.cpp calls Mixtral "llama"; its experts tell it apart.
  ["mixtral", { modelType: "mixtral", layer: mixtral, interleavedRotary: true }],
  ["qwen2", { modelType: "qwen2", layer: dense }],
  ["qwen3", { modelType: "qwen3", layer: dense }],
  [
    "qwen3moe",
    {
      modelType: "qwen3_moe",
      layer: {
        ...dense,
        ffn_gate_inp: "mlp.gate",
        ffn_gate_exps: "mlp.experts.#.gate_proj",
        ffn_down_exps: "mlp.experts.#.down_proj",
        ffn_up_exps: "mlp.experts.#.up_proj",
      },
    },
  ],
  ["gemma2", { modelType: "gemma2", layer: gemma, normOffset: 1 }],
  ["gemma3", { modelType: "gemma3_text", layer: gemma, normOffset: 1 }],
  [
    "phi3",
    {
      modelType: "phi3",
      layer: { ...dense, attn_qkv: "self_attn.qkv_proj", ffn_up: "mlp.gate_up_proj" },
    },
  ],
])

const outside: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
}

/** The Hugging Face name of a tensor, `#` where experts are; `undefined` for tensors that have none. */
export const huggingFaceName = (architecture: GgufArchitecture, name: string): string | undefined => {
  const parts = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name)
  if (parts === null) return undefined
  const [, layer, inner, kind] = parts
  if (layer === undefined) return Object.hasOwn(outside, inner!) ? `${outside[inner!]}.${kind}` : undefined
  const mapped = Object.hasOwn(architecture.layer, inner!) ? architecture.layer[inner!] : undefined
  return mapped === undefined ? undefined : `model.layers.${layer}.${mapped}.${kind}`
}
